// Stands in for the runtime wrapper that the real bundler downloads.
