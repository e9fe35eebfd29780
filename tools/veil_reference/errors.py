"""How a check ends: the name of the rule that failed, as the documents name it, and what was seen."""


class Rejected(Exception):
    def __init__(self, name, detail=""):
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name, self.detail = name, detail


class Unreadable(Exception):
    """A key file that is none: no verdict on any proof follows from it."""


def require(holds, name, detail=""):
    if not holds:
        raise Rejected(name, detail)
