//! Ages and sizes as people read them, in the words of kubectl and flux.

use jiff::SignedDuration;

/// Writes an age in one unit or two: `45s`, `3m20s`, `5h`, `3d12h`, `2y40d`; the older, the coarser.
///
/// The steps are those of `kubectl get` (apimachinery's `HumanDuration`).
pub fn age(age: SignedDuration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (seconds, minutes, hours) {
        (..-1, ..) => "<invalid>".into(),
        (..0, ..) => "0s".into(),
        (..120, ..) => format!("{seconds}s"),
        (_, ..10, _) => two(minutes, 'm', seconds % 60, 's'),
        (_, ..180, _) => format!("{minutes}m"),
        (.., ..8) => two(hours, 'h', minutes % 60, 'm'),
        (.., ..48) => format!("{hours}h"),
        (.., ..192) => two(hours / 24, 'd', hours % 24, 'h'),
        (.., ..17_520) => format!("{}d", hours / 24),
        (.., ..70_080) => two(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        _ => format!("{}y", hours / 24 / 365),
    }
}

/// Writes two units, the second only where it is not zero.
fn two(large: i64, unit: char, small: i64, smaller: char) -> String {
    if small == 0 {
        return format!("{large}{unit}");
    }
    format!("{large}{unit}{small}{smaller}")
}

/// Writes a number of bytes: `512 B`, then with one decimal in the largest power of 1024 that fits.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub fn size(bytes: u64) -> String {
    const UNITS: &[&str] = &["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut power = 0;
    let mut whole = bytes / 1024;
    while whole >= 1024 {
        whole /= 1024;
        power += 1;
    }
    let unit = 1024_u64.pow(u32::try_from(power).unwrap_or_default() + 1);
    format!("{:.1} {}", bytes as f64 / unit as f64, UNITS[power])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_as_coarse_as_they_are_old() {
        const HOUR: i64 = 3600;
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (200, "3m20s"),
            (600, "10m"),
            (179 * 60, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 60, "3h1m"),
            (8 * HOUR + 60, "8h"),
            (27 * HOUR + 1800, "27h"),
            (48 * HOUR, "2d"),
            (84 * HOUR, "3d12h"),
            (30 * 24 * HOUR + 12 * HOUR, "30d"),
            (2 * 365 * 24 * HOUR, "2y"),
            (800 * 24 * HOUR, "2y70d"),
            (9 * 365 * 24 * HOUR, "9y"),
        ] {
            assert_eq!(age(SignedDuration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn sizes_have_one_decimal() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1 << 20, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
