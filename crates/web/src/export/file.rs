//! Rows as bytes of a file.
//!
//! A spreadsheet runs what looks like a formula in comma-separated values. Text that begins so gets an
//! apostrophe, also in a workbook: there it is text by its type, but a person may save it as CSV again.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::row::{HEADS, Value};

/// The longest text that a workbook's cell takes.
const CELL_MAX: usize = 32_767;

/// Text that no spreadsheet runs.
fn guarded(text: &str) -> String {
    let is_formula = text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// Minor units with a point: `940.00`.
fn decimal(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

/// Comma-separated values (RFC 4180) in UTF-8, with the mark by which spreadsheets know it.
pub(super) fn csv(rows: impl Iterator<Item = [Value; HEADS.len()]>) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(HEADS).map_err(|error| error.to_string())?;
    for row in rows {
        let texts = row.iter().map(|value| match value {
            Value::None => String::new(),
            Value::Text(text) => guarded(text),
            Value::Number(number) => number.to_string(),
            Value::Money(minor) => decimal(*minor),
            Value::Day(day) => day.to_string(),
            Value::Flag(flag) => flag.to_string(),
        });
        writer.write_record(texts).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

/// A workbook with one sheet, whose head stays while it scrolls.
pub(super) fn xlsx(rows: impl Iterator<Item = [Value; HEADS.len()]>) -> Result<Vec<u8>, String> {
    write_xlsx(rows).map_err(|error| error.to_string())
}

fn write_xlsx(rows: impl Iterator<Item = [Value; HEADS.len()]>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let money = Format::new().set_num_format("0.00");
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name("Assets")?.set_freeze_panes(1, 0)?;
    for (column, head) in (0_u16..).zip(HEADS) {
        sheet.write_string_with_format(0, column, head, &bold)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (column, value) in (0_u16..).zip(&row) {
            match value {
                Value::None => {}
                Value::Text(text) => {
                    let text: String = guarded(text).chars().take(CELL_MAX).collect();
                    sheet.write_string(line, column, text)?;
                }
                Value::Number(number) => {
                    sheet.write_number(line, column, *number as f64)?;
                }
                Value::Money(minor) => {
                    sheet.write_number_with_format(line, column, *minor as f64 / 100.0, &money)?;
                }
                Value::Day(date) => {
                    let (year, month, of_month) = (date.year(), date.month(), date.day());
                    match serial(year, month, of_month) {
                        Some(date) => {
                            sheet.write_datetime_with_format(line, column, &date, &day)?
                        }
                        None => sheet.write_string(line, column, date.to_string())?,
                    };
                }
                Value::Flag(flag) => {
                    sheet.write_boolean(line, column, *flag)?;
                }
            }
        }
    }
    workbook.save_to_buffer()
}

/// A day as a workbook counts it; it knows none before 1900.
fn serial(year: i16, month: i8, day: i8) -> Option<rust_xlsxwriter::ExcelDateTime> {
    let year = u16::try_from(year).ok()?;
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    rust_xlsxwriter::ExcelDateTime::from_ymd(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use std::array;

    use super::*;

    fn row(text: &str) -> [Value; HEADS.len()] {
        array::from_fn(|at| match at {
            0 => Value::Text(text.to_owned()),
            1 => Value::Money(94_005),
            2 => Value::Day("2026-11-23".parse().unwrap()),
            3 => Value::Flag(true),
            4 => Value::Number(89),
            5 => Value::Day("1601-01-01".parse().unwrap()),
            _ => Value::None,
        })
    }

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "HP-LT-014", "a=1", "'=1", "1-2"] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn values_are_raw_and_quoted_where_they_must_be() {
        let bytes = csv([row("=HYPERLINK(\"x\",\"y\")"), row("a,\"b\"\nc")].into_iter()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, rows) = text.split_once("\r\n").unwrap();
        assert!(head.starts_with("\u{feff}id,name,client"));
        assert!(
            rows.starts_with(
                "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",940.05,2026-11-23,true,89,1601-01-01,,"
            ),
            "{rows}"
        );
        assert!(rows.contains("\"a,\"\"b\"\"\nc\""), "{rows}");
        assert_eq!(decimal(-5), "-0.05");
    }

    #[test]
    fn a_workbook_takes_every_value() {
        let long = "x".repeat(CELL_MAX + 10);
        let bytes = xlsx([row("=1+1"), row(&long), row("\u{1}\u{ffff}<&>")].into_iter()).unwrap();
        assert!(bytes.starts_with(b"PK"));
    }
}
