//! Numbers as people and their tools write them.

use super::DecimalSign;

/// A number without what stands between its thousands, and with a point before its fraction.
pub fn plain_number(text: &str, sign: DecimalSign) -> Option<String> {
    let (point, group) = match sign {
        DecimalSign::Point => ('.', ','),
        DecimalSign::Comma => (',', '.'),
    };
    let (whole, fraction) = text.split_once(point).map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let (minus, whole) = whole.strip_prefix(['-', '\u{2212}']).map_or(("", whole), |rest| ("-", rest));
    let is_group = |c: char| c == group || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}');
    let groups: Vec<&str> = whole.split(is_group).collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let thousands = || {
        let led = groups[0].len() <= 3 && !groups[0].starts_with('0');
        // "1,234" may as well be a fraction whose comma nobody spoke of.
        let sure = sign == DecimalSign::Comma || fraction.is_some() || groups.len() > 2 || !whole.contains(group);
        led && sure && groups[1..].iter().all(|group| group.len() == 3)
    };
    if (groups.len() > 1 && !thousands())
        || !groups.iter().all(|group| digits(group))
        || fraction.is_some_and(|rest| !digits(rest))
    {
        return None;
    }
    Some(format!("{minus}{}{}", groups.concat(), fraction.map(|rest| format!(".{rest}")).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_thousands_and_never_a_digit() {
        let of = |text: &str, sign| plain_number(text, sign);
        assert_eq!(of("1,234.50", DecimalSign::Point).as_deref(), Some("1234.50"));
        assert_eq!(of("-1.234.567,8", DecimalSign::Comma).as_deref(), Some("-1234567.8"));
        assert_eq!(of("1 234,5", DecimalSign::Comma).as_deref(), Some("1234.5"));
        for wrong in ["1.5", "1,5,0", "12,34.5,", "1e3", "", "-", "1.2345,0"] {
            assert_eq!(of(wrong, DecimalSign::Comma), None, "{wrong}");
        }
        assert_eq!(of("1,234,567", DecimalSign::Point).as_deref(), Some("1234567"));
        assert_eq!(of("1'234", DecimalSign::Point).as_deref(), Some("1234"));
        for wrong in ["1,5", "1,234", "0,125", "0,125.0"] {
            assert_eq!(of(wrong, DecimalSign::Point), None, "{wrong}: not what it may not be");
        }
    }
}
