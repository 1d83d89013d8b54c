"""What an incident is: what the field reported, how things stand, the picture at any instant, what-ifs. All pure."""
