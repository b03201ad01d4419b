"""What code prints, kept up to a limit."""

import io


class Capped(io.TextIOBase):
    """A text stream that keeps its beginning and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.parts: list[str] = []

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Keep what still fits."""
        if self.size < self.limit:
            self.parts.append(text[: self.limit - self.size])
            self.size += len(self.parts[-1])
            if self.size >= self.limit:
                self.parts.append("\n... more output was cut off\n")
        return len(text)

    def take(self) -> str:
        """Return what was kept, and start again."""
        text = "".join(self.parts)
        self.parts, self.size = [], 0
        return text
