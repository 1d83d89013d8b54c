"""What others read of a plan: work lists, explanations, times of return, differences, map layers, jobs.

Two kinds of functions. Heavy ones take a judged plan and run in a child process (`in_children.py`); what they make is
kept as JSON. Light ones turn kept documents into CSV, iCalendar, GeoJSON or OGC shapes, and load no lifeline at all.
"""
