complete --keep-order --exclusive --command gitops --arguments "(COMPLETE=fish gitops -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
