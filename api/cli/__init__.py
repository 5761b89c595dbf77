"""The command line: one file a command, registered in main.py.

Whatever is heavy (databases, the web, the broker) is imported inside a command, so that
`homecare --help` answers at once.
"""
