def wanted():
    return False


def make(): ...
