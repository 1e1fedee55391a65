/// Dates and times as text, by the proleptic Gregorian calendar, without a time zone database.
///
/// ```swift
/// CalendarText.days("2024-02-29")                          // 19782
/// CalendarText.microseconds("2024-02-29T12:00:00.5Z")      // an instant
/// CalendarText.timestamp(1_709_208_000_500_000)            // "2024-02-29 12:00:00.5"
/// ```
package enum CalendarText {
    /// Days since 1970-01-01 of a civil date: any year, month 1...12.
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The civil date of a number of days since 1970-01-01.
    package static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Days of `[-]YYYY-MM-DD`, also with ` (BC)` behind it as DuckDB writes years before 1; `nil` for other text.
    package static func days(_ text: String) -> Int64? {
        var reader = Reader(text)
        guard let days = reader.date() else { return nil }
        let isBC = reader.skip(" (BC)")
        guard reader.isAtEnd else { return nil }
        return isBC ? reader.beforeChrist() : days
    }

    /// Microseconds of a date, or of a date and time joined by a space or `T`.
    ///
    /// Reads up to nine digits of a second (further than microseconds they are dropped), and a zone (`Z`, `+02`,
    /// `-07:30`, ` UTC`), which is taken off; text without one stands for itself.
    ///
    /// - Returns: `nil` for other text, and beyond what 64 bits hold.
    package static func microseconds(_ text: String) -> Int64? {
        var reader = Reader(text)
        guard var days = reader.date() else { return nil }
        var micros: Int64 = 0
        if reader.skip(" (BC)") {
            days = reader.beforeChrist()
        } else if reader.skip("T") || reader.skip(" ") {
            guard let time = reader.time(), let zone = reader.zone() else { return nil }
            micros = time - zone
            if reader.skip(" (BC)") { days = reader.beforeChrist() }
        }
        guard reader.isAtEnd else { return nil }
        let (whole, tooBig) = days.multipliedReportingOverflow(by: 86_400_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(micros)
        return tooBig || overflow ? nil : sum
    }

    /// `2024-02-29`; years beyond four digits and before 0 as they are, `-0044-03-15`.
    package static func date(_ days: Int64) -> String {
        let (year, month, day) = civil(days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `2024-02-29 12:00:00`, with as many digits of the second as are needed.
    ///
    /// - Parameters:
    ///   - microseconds: Since 1970-01-01T00:00:00.
    ///   - separator: Between date and time.
    /// - Returns: The text.
    package static func timestamp(_ microseconds: Int64, separator: String = " ") -> String {
        let day: Int64 = 86_400_000_000
        var (days, rest) = microseconds.quotientAndRemainder(dividingBy: day)
        if rest < 0 {
            days -= 1
            rest += day
        }
        let seconds = rest / 1_000_000
        var text =
            "\(date(days))\(separator)\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        var fraction = rest % 1_000_000
        if fraction != 0 {
            var digits = 6
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            text += "." + padded(fraction, digits)
        }
        return text
    }

    private static func padded(_ value: Int64, _ digits: Int) -> String {
        let text = String(value.magnitude)
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private struct Reader {
        private var rest: Substring.UTF8View
        private var year: Int64 = 0
        private var month: Int64 = 1
        private var day: Int64 = 1

        init(_ text: String) { rest = Substring(text).utf8 }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }

        mutating func number(_ digits: ClosedRange<Int>) -> Int64? {
            let found = rest.prefix(digits.upperBound).prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard found.count >= digits.lowerBound else { return nil }
            rest = rest.dropFirst(found.count)
            return found.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }

        mutating func date() -> Int64? {
            let isNegative = skip("-")
            if !isNegative { _ = skip("+") }
            guard let y = number(1...6), skip("-"), let m = number(1...2), skip("-"), let d = number(1...2),
                (1...12).contains(m), d >= 1, d <= Self.length(of: m, in: y)
            else { return nil }
            (year, month, day) = (isNegative ? -y : y, m, d)
            return CalendarText.days(year: year, month: month, day: day)
        }

        /// The same date, its year counted backwards: year 1 BC is year 0.
        func beforeChrist() -> Int64 { CalendarText.days(year: 1 - year, month: month, day: day) }

        private static func length(of month: Int64, in year: Int64) -> Int64 {
            switch month {
            case 4, 6, 9, 11: 30
            // A year BC is read before it is known to be one, and 1 BC is a leap year as 5 BC is.
            case 2:
                year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) || year < 100 && year % 4 == 1 ? 29 : 28
            default: 31
            }
        }

        mutating func time() -> Int64? {
            guard let hour = number(1...2), skip(":"), let minute = number(2...2), hour <= 24, minute < 60
            else {
                return nil
            }
            var micros = (hour * 3600 + minute * 60) * 1_000_000
            if skip(":") {
                guard let second = number(2...2), second < 61 else { return nil }
                micros += second * 1_000_000
                if skip(".") {
                    let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
                    guard !digits.isEmpty, digits.count <= 9 else { return nil }
                    var scale: Int64 = 100_000
                    for digit in digits.prefix(6) {
                        micros += Int64(digit - 0x30) * scale
                        scale /= 10
                    }
                    rest = rest.dropFirst(digits.count)
                }
            }
            return micros
        }

        /// Microseconds east of Greenwich; 0 without a zone.
        mutating func zone() -> Int64? {
            if skip("Z") || skip("z") || skip(" UTC") { return 0 }
            let mark = rest
            _ = skip(" ")
            let isWest = skip("-")
            if !isWest, !skip("+") {
                rest = mark
                return 0
            }
            guard let hours = number(2...2) else { return nil }
            _ = skip(":")
            let minutes = number(2...2) ?? 0
            let micros = (hours * 3600 + minutes * 60) * 1_000_000
            return isWest ? -micros : micros
        }
    }
}
