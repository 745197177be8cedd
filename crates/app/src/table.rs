//! Tables for a terminal: columns as wide as their content, cut to the terminal's width.

/// A table under construction.
pub(crate) struct Table {
    heads: Vec<&'static str>,
    is_right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

/// Widest a column of text may be.
const COLUMN_MAX: usize = 40;

impl Table {
    /// A table with these columns; a head that begins with `>` is aligned to the right.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self {
            is_right: heads.iter().map(|head| head.starts_with('>')).collect(),
            heads: heads.iter().map(|head| head.trim_start_matches('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.heads.len());
        self.rows.push(cells.into_iter().map(|cell| clean(&cell)).collect());
    }

    /// The table as lines.
    pub(crate) fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| row[at].chars().count());
                cells.chain([self.heads[at].chars().count()]).max().unwrap_or(0)
            })
            .collect();
        let heads = self.heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>();
        let mut text = self.line(&heads, &widths);
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        text.push_str(&self.line(&rule, &widths));
        for row in &self.rows {
            text.push_str(&self.line(row, &widths));
        }
        text
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let fill = " ".repeat(widths[at].saturating_sub(cell.chars().count()));
            let gap = if at == 0 { "" } else { "  " };
            if self.is_right[at] {
                line.push_str(&format!("{gap}{fill}{cell}"));
            } else {
                line.push_str(&format!("{gap}{cell}{fill}"));
            }
        }
        format!("{}\n", line.trim_end())
    }
}

/// Text from outside as it may be shown on a terminal: no control characters, not too long.
pub(crate) fn clean(text: &str) -> String {
    let mut shown: String =
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if shown.chars().count() > COLUMN_MAX {
        shown = shown.chars().take(COLUMN_MAX - 1).chain(['…']).collect();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_text_from_outside_is_tamed() {
        let mut table = Table::new(&["name", ">count"]);
        table.row(vec!["a\u{1b}[31m".into(), "7".into()]);
        table.row(vec!["x".repeat(60), "1234".into()]);
        let text = table.render();
        assert!(!text.contains('\u{1b}'));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].ends_with("    7"), "{text}");
        assert!(lines[3].ends_with("…   1234"), "{text}");
        assert_eq!(lines[2].chars().count(), lines[3].chars().count());
    }
}
