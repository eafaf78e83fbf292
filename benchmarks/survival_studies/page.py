"""The tables and the figure of the survival study."""


def tables(record):
    return {}


def write_figure(record, folder):
    pass
