use anyhow::Result;
use std::path::Path;
pub(super) fn run(_forge: &Path, _say: &dyn Fn(&str)) -> Result<()> {
    Ok(())
}
