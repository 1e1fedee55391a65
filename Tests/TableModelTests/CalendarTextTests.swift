import TableModel
import Testing

@Suite struct CalendarTextTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("2024-02-29", 19782), ("1969-12-31", -1), ("0001-01-01", -719_162),
        ("9999-12-31", 2_932_896), ("0044-03-15 (BC)", -735_160),
    ])
    func datesAreRead(_ text: String, _ days: Int64) { #expect(CalendarText.days(text) == days) }

    @Test(arguments: [
        ("1970-01-01 00:00:00", 0), ("1970-01-01T00:00:00.000001Z", 1), ("1970-01-01 02:00:00+02", 0),
        ("1969-12-31 23:59:59.5", -500_000), ("1970-01-02", 86_400_000_000),
        ("1970-01-01T00:00:00.123456789-00:30", 1_800_123_456),
    ])
    func timesAreRead(_ text: String, _ microseconds: Int64) {
        #expect(CalendarText.microseconds(text) == microseconds)
    }

    @Test(arguments: [
        "", "2024", "2024-13-01", "2023-02-29", "2024-01-01x", "2024-01-01 25", "x", "2024-01-01 1:2",
    ])
    func otherTextIsRefused(_ text: String) {
        #expect(CalendarText.days(text) == nil)
        #expect(CalendarText.microseconds(text) == nil)
    }

    @Test func everyDayOfTenThousandYearsSurvivesARoundTrip() {
        for day in stride(from: Int64(-800_000), through: 2_932_896, by: 97) {
            #expect(CalendarText.days(CalendarText.date(day)) == day)
            let micros = day * 86_400_000_000 + 12_345_678_901
            #expect(CalendarText.microseconds(CalendarText.timestamp(micros)) == micros)
        }
    }
}
