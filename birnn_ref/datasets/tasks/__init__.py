"""Generated questions: each asks one thing of a network, and its best possible score can be computed."""
