"""The city's recovery at the command line (and, later, over HTTP): parse, call one verb, shape the answer."""
