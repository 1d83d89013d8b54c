"""Settings of all tests."""

import os

import hypothesis

# Compiling a kernel may fall into any example, so no example has a deadline. CI tries the same examples every time.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("curious", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
