// Stands in for the loader that the real bundler downloads; the emulator calls the handlers itself.
exports.main = async () => {
  throw new Error('not a deployable bundle: built offline');
};
