"""The reference package of the course on bidirectional recurrent networks."""
