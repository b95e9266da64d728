"""What keeps networkd, udev and NetworkManager from what container networks made: files.

`files` says which, `changes` what to write or to remove, `standing` how a host stands.
"""
