"""What each subcommand of ``birnn-grade`` does; `birnn_grader.cli` reads their arguments."""
