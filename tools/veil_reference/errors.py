"""One exception: the name of the check that failed, as the documents name it, and what was seen."""


class Rejected(Exception):
    def __init__(self, name, detail=""):
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name, self.detail = name, detail


def require(holds, name, detail=""):
    if not holds:
        raise Rejected(name, detail)
