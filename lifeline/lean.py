"""How loops that make no arrays are compiled.

numba counts a reference each time an array is fetched from a tuple. In loops over a few numbers that took ten to twenty
times as long as the work itself (measured), so what allocates nothing is compiled without the counting.
"""

from numba import njit

lean = njit(cache=True, nogil=True, _nrt=False)
