//! Pictures are well-formed, whatever they are given.

/// The SVG elements of a page.
pub fn pictures(page: &str) -> Vec<&str> {
    page.match_indices("<svg ")
        .filter_map(|(start, _)| page[start..].find("</svg>").map(|end| &page[start..start + end + 6]))
        .collect()
}
