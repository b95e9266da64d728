"""Faults on booted hosts, at every step of a change and at random ones: `make campaign`.

One concept a file: `changes` is what is asked for, `faults` what befalls it, `trials` which of
them meet and when, `watch` measures how long the host is silent, `trial` lets one happen and
judges what is left, `bench` has the hosts, `results` remembers and sums up.
"""
