//! The JavaScript and the types that wasm-bindgen generates, without their asynchronous half.

use anyhow::{Context, Result, ensure};

/// Cuts the asynchronous functions out of the generated script: `__wbg_init`, `__wbg_init_once`, `__wbg_load`.
///
/// # Errors
/// The script does not have the expected form.
pub(crate) fn without_async_init(script: &str) -> Result<String> {
    let mut kept = script.to_owned();
    while let Some(start) = kept.find("\nasync function ") {
        kept = cut_function(&kept, start + 1)?;
    }
    kept = kept.replace("export { initSync, __wbg_init as default };", "export { initSync };");
    ensure!(!kept.contains("fetch(") && !kept.contains("import.meta"), "the generated script has changed its form");
    ensure!(kept.contains("export { initSync }"), "the generated script has no initSync");
    Ok(kept)
}

/// Top-level functions of the script end at the first line that is a lone brace.
fn cut_function(script: &str, start: usize) -> Result<String> {
    let length = script[start..].find("\n}\n").context("a function of the generated script does not end")? + 3;
    Ok(format!("{}{}", &script[..start], &script[start + length..]))
}

/// The declarations before that of the asynchronous `init`, which comes last.
pub(crate) fn types_without_async_init(types: &str) -> &str {
    let kept = types.split("/**\n* If `module_or_path` is").next().unwrap_or(types);
    kept.split("/**\n * If `module_or_path` is").next().unwrap_or(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "function initSync(a) {\n    if (a) {\n    }\n}\n\nasync function __wbg_init(b) {\n    \
        await fetch(b);\n}\n\nexport { initSync, __wbg_init as default };\n";

    #[test]
    fn removes_asynchronous_functions_and_their_export() {
        let kept = without_async_init(SCRIPT).unwrap();
        assert_eq!(kept, "function initSync(a) {\n    if (a) {\n    }\n}\n\n\nexport { initSync };\n");
    }

    #[test]
    fn rejects_a_script_of_another_form() {
        assert!(without_async_init(&SCRIPT.replace("\n}\n\nexport", "\n}; export")).is_err());
        assert!(without_async_init("export { initSync };\nfetch(a);\n").is_err());
        assert!(without_async_init("export { init };\n").is_err());
    }

    #[test]
    fn keeps_the_types_before_init() {
        assert_eq!(types_without_async_init("a\n/**\n* If `module_or_path` is x"), "a\n");
        assert_eq!(types_without_async_init("a\n"), "a\n");
    }
}
