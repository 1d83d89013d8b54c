"""What a job mends, as a number of the compiled system."""

MENDS_NOTHING = -1
"In place of a node or link, for a job with which no component is back."
