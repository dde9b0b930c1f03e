"""Where every process starts: HTTP, command line, sign-in, live stream."""

VERSION = "0.1.0"
