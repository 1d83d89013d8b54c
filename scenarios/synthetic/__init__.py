"""Cities grown from a seed, of any size and with any of the five sectors."""

from scenarios.synthetic.city import grow, grow_city
from scenarios.synthetic.recipe import CityRecipe

__all__ = ["CityRecipe", "grow", "grow_city"]
