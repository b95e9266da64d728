"""What others have put into the kernel's network, as values: all of it identical after.

A `Ledger` is taken before a change and again after it (`hostnet.host.ledger`).
`difference.compare` says what is missing and which links changed, `watched` who took it away
and for how long, `replay.replay` what to put back, in which words, and what cannot be.
"""
