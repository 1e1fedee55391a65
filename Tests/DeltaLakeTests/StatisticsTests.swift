import Base
import DeltaLake
import TableModel
import Testing

@Suite struct StatisticsReadingTests {
    private let schema = TableSchema([
        SchemaField("i", .integer), SchemaField("f", .float),
        SchemaField("d", .decimal(precision: 38, scale: 2)),
        SchemaField("s", .string), SchemaField("t", .timestamp), SchemaField("n", .timestampNtz),
        SchemaField("day", .date), SchemaField("b", .boolean), SchemaField("q\"é", .long),
        SchemaField("r", .structure([SchemaField("x", .structure([SchemaField("y", .long)]))])),
    ])

    private func bounds(_ column: ColumnPath, _ low: String, _ high: String) -> ColumnBounds? {
        let (minimum, maximum) = (nest(column.parts[...], low), nest(column.parts[...], high))
        let text = "{\"numRecords\":9,\"minValues\":\(minimum),\"maxValues\":\(maximum),\"tightBounds\":true}"
        let statistics = FileStatistics(Array(text.utf8), schema: schema)
        #expect(statistics.rowCount == 9)
        return statistics.bounds(column)
    }

    private func nest(_ path: ArraySlice<String>, _ value: String) -> String {
        guard let name = path.first else { return value }
        return "{\"zzz\":{\"y\":1},\(JSONValue.string(name).jsonText):\(nest(path.dropFirst(), value))}"
    }

    @Test func valuesAreRead() {
        #expect(bounds("i", "-5", "7") == ColumnBounds(minimum: .integer(-5), maximum: .integer(7)))
        #expect(
            bounds("f", "1.1", "2") == ColumnBounds(minimum: .double(Double(Float(1.1))), maximum: .double(2))
        )
        #expect(bounds("f", "1.100000023841858", "2")?.minimum == .double(Double(Float(1.1))))
        #expect(
            bounds("s", "\"a\\u00e9\"", "\"b\"")
                == ColumnBounds(minimum: .string("aé"), maximum: .string("b")))
        #expect(
            bounds("day", "\"1970-01-02\"", "\"1970-01-03\"")
                == ColumnBounds(minimum: .date(1), maximum: .date(2)))
        #expect(
            bounds("b", "false", "true") == ColumnBounds(minimum: .boolean(false), maximum: .boolean(true)))
        #expect(bounds("q\"é", "1", "2")?.minimum == .integer(1))
        #expect(bounds(ColumnPath(["r", "x", "y"]), "1", "2")?.maximum == .integer(2))
    }

    /// Milliseconds are cut off: the maximum may be up to 999 microseconds later, an early minimum earlier.
    @Test func timesAreWidened() {
        let read = bounds("t", "\"2024-01-02T03:04:05.678Z\"", "\"2024-01-02T03:04:05.678Z\"")
        #expect(
            read
                == ColumnBounds(
                    minimum: .timestamp(1_704_164_645_678_000), maximum: .timestamp(1_704_164_645_678_999)))
        let exact = bounds("t", "\"1970-01-01T00:00:00.000001Z\"", "\"1970-01-01 01:00:00.000002+01\"")
        #expect(exact == ColumnBounds(minimum: .timestamp(1), maximum: .timestamp(2)))
        #expect(
            bounds("n", "\"1969-12-31 23:59:59.999\"", "\"1970-01-01\"")
                == ColumnBounds(minimum: .timestampNtz(-1999), maximum: .timestampNtz(999)))
    }

    /// Some writers write decimals as doubles.
    @Test func longDecimalsAreWidened() {
        #expect(
            bounds("d", "1.5", "2")
                == ColumnBounds(
                    minimum: .decimal(unscaled: 150, scale: 2), maximum: .decimal(unscaled: 200, scale: 2)))
        let wide = bounds("d", "12345678901234567890.12", "1.2345678901234567e19")
        guard case .decimal(let low, 2)? = wide?.minimum, case .decimal(let high, 2)? = wide?.maximum else {
            Issue.record("no bounds")
            return
        }
        #expect(low < 1_234_567_890_123_456_789_012 && low > 1_234_567_890_123_456_000_000)
        #expect(high > 1_234_567_890_123_456_700_000 && high < 1_234_567_890_123_457_700_000)
        #expect(
            bounds("d", "1.999", "1.999")
                == ColumnBounds(
                    minimum: .decimal(unscaled: 198, scale: 2), maximum: .decimal(unscaled: 200, scale: 2)))
    }

    @Test func equalLongTextsProveNoEquality() {
        let text = String(repeating: "x", count: 32)
        #expect(bounds("s", "\"\(text)\"", "\"\(text)\"")?.maximum == .string(text + "\u{10FFFF}"))
        #expect(bounds("s", "\"x\"", "\"x\"")?.maximum == .string("x"))
    }

    /// Damaged or odd statistics are no statistics; nothing else depends on them.
    @Test(arguments: [
        "", "{", "[]", "null", "{\"numRecords\":\"x\"}", "{\"numRecords\":9,\"minValues\":3",
        "{\"numRecords\":-1}", "{\"minValues\":{\"i\":1},\"maxValues\":{\"i\":",
    ])
    func damageIsIgnored(_ text: String) {
        let statistics = FileStatistics(Array(text.utf8), schema: schema)
        #expect(statistics.rowCount == nil && statistics.bounds("i") == nil)
    }

    @Test func valuesOfAnotherTypeAreUnknown() {
        for odd in ["\"x\"", "{}", "[]", "null", "1e400", "true"] { #expect(bounds("i", odd, odd) == nil) }
        #expect(bounds("s", "1", "2") == nil)
        #expect(bounds("f", "\"NaN\"", "\"NaN\"") == nil)
    }
}

@Suite struct StatisticsWritingTests {
    private let schema = TableSchema([
        SchemaField("p", .string), SchemaField("a", .long),
        SchemaField(
            "r",
            .structure([
                SchemaField("x", .string), SchemaField("y", .array(element: .long, containsNull: true)),
            ])),
        SchemaField("t", .timestamp), SchemaField("d", .decimal(precision: 5, scale: 2)),
        SchemaField("f", .float),
    ])

    private func names(_ configuration: [String: String]) -> [String] {
        StatisticsText.columns(schema, partitionColumns: ["P"], TableProperties(configuration)).map {
            $0.path.parts.joined(separator: ".")
        }
    }

    @Test func thePropertiesChooseTheColumns() {
        #expect(names([:]) == ["a", "r.x", "r.y", "t", "d", "f"])
        #expect(names(["delta.dataSkippingNumIndexedCols": "2"]) == ["a", "r.x"])
        #expect(names(["delta.dataSkippingNumIndexedCols": "0"]) == [])
        #expect(names(["delta.dataSkippingNumIndexedCols": "-1"]).count == 6)
        #expect(names(["delta.dataSkippingStatsColumns": "R, `d`"]) == ["r.x", "r.y", "d"])
    }

    @Test func theTextIsWhatTheProtocolShows() {
        let columns = StatisticsText.columns(schema, partitionColumns: ["p"], TableProperties([:]))
        let known: [ColumnPath: ColumnBounds] = [
            "a": ColumnBounds(minimum: .integer(1), maximum: .integer(2), nullCount: 3),
            ColumnPath(["r", "x"]): ColumnBounds(minimum: .string("é"), maximum: .string("ü"), nullCount: 0),
            ColumnPath(["r", "y"]): ColumnBounds(nullCount: 1),
            "t": ColumnBounds(
                minimum: .timestamp(-1), maximum: .timestamp(1_704_164_645_678_901), nullCount: 0),
            "d": ColumnBounds(
                minimum: .decimal(unscaled: -5, scale: 2), maximum: .decimal(unscaled: 150, scale: 2)),
            "f": ColumnBounds(minimum: .double(Double(Float(1.1))), maximum: .double(.nan), nullCount: 0),
        ]
        let text = StatisticsText.bytes(rowCount: 4, columns: columns) { known[$0] }
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"numRecords":4,"minValues":{"a":1,"r":{"x":"é"},"t":"1969-12-31T23:59:59.999Z","d":-0.05,"f":1.1},"maxValues":{"a":2,"r":{"x":"ü"},"t":"2024-01-02T03:04:05.679Z","d":1.50},"nullCount":{"a":3,"r":{"x":0,"y":1},"t":0,"f":0}}"#
        )
    }

    /// Whatever the text, the bounds hold it, in byte order.
    @Test func longTextsKeepTheirOrder() {
        let random = SeededRandomSource(seed: 5)
        let alphabet: [Unicode.Scalar] = [
            "a", "z", "\u{7E}", "\u{7F}", "é", "\u{FFFF}", "\u{10FFFE}", "\u{10FFFF}", "😀",
        ]
        for _ in 0..<2000 {
            var view = String.UnicodeScalarView()
            for _ in 0..<random.int(0..<40) { view.append(random.pick(alphabet)) }
            if random.int(0..<3) == 0 {
                view.append(contentsOf: repeatElement("\u{10FFFF}", count: random.int(0..<40)))
            }
            let value = Scalar.string(String(view))
            let text = StatisticsText.bytes(rowCount: 1, columns: [("s", .string)]) { _ in
                ColumnBounds(minimum: value, maximum: value, nullCount: 0)
            }
            let read = FileStatistics(text, schema: TableSchema([SchemaField("s", .string)])).bounds("s")
            #expect(read?.minimum?.compared(to: value) != .greater)
            #expect(read?.maximum?.compared(to: value) != .less)
        }
    }
}

/// Random rows in files with the statistics that Tarn writes: no filter may drop a file with a matching row.
@Suite struct PruningTests {
    private static let schema = TableSchema([
        SchemaField("p", .string), SchemaField("q", .integer), SchemaField("i", .long),
        SchemaField("s", .string),
        SchemaField("t", .timestamp), SchemaField("f", .double),
        SchemaField("d", .decimal(precision: 20, scale: 3)),
    ])

    private static func value(_ column: String, _ random: SeededRandomSource) -> Scalar {
        if random.int(0..<5) == 0 { return .null }
        switch column {
        case "p": return .string(random.pick(["a", "b c", "é%", "=/"]))
        case "q": return .integer(Int64(random.int(-2..<3)))
        case "i": return .integer(random.int(0..<9) == 0 ? .max : Int64(random.int(-20..<20)))
        case "s":
            return .string(
                String(repeating: "x", count: random.int(0..<36)) + random.pick(["", "é", "\u{10FFFF}"]))
        case "t": return .timestamp(Int64(random.int(-5000..<5000)))
        case "f": return .double(random.pick([0.5, -1e300, 3.25, .infinity, .nan, -0.0]))
        default:
            return .decimal(
                unscaled: Int128(random.int(-3000..<3000)) * (random.int(0..<4) == 0 ? 1_000_000_007_001 : 1),
                scale: 3)
        }
    }

    private static func filter(_ random: SeededRandomSource, depth: Int = 0) -> ScanFilter {
        let column = random.pick(schema.names)
        let path = ColumnPath(random.int(0..<4) == 0 ? column.uppercased() : column)
        var constant = value(column, random)
        while constant.isNull || constant == .double(.nan) { constant = value(column, random) }
        if case .double(let number) = constant, number.isNaN { constant = .double(1) }
        switch random.int(0..<(depth > 2 ? 4 : 6)) {
        case 0: return .isNull(path)
        case 1: return .isNotNull(path)
        case 2: return .isIn(path, [constant])
        case 3:
            return .compare(
                path, random.pick([.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]),
                constant)
        case 4: return .and([filter(random, depth: depth + 1), filter(random, depth: depth + 1)])
        default: return .or([filter(random, depth: depth + 1), filter(random, depth: depth + 1)])
        }
    }

    /// SQL's answer for one row, NaN counting as the largest number.
    private static func matches(_ filter: ScanFilter, _ row: [String: Scalar]) -> Bool {
        func compare(_ column: ColumnPath, _ comparison: ScanFilter.Comparison, _ constant: Scalar) -> Bool {
            let value = row[column.parts[0].lowercased()] ?? .null
            if value.isNull { return false }
            var order = value.compared(to: constant)
            if case .double(let number) = value, number.isNaN { order = .greater }
            switch comparison {
            case .equal: return order == .equal
            case .notEqual: return order != .equal
            case .less: return order == .less
            case .lessOrEqual: return order == .less || order == .equal
            case .greater: return order == .greater
            case .greaterOrEqual: return order == .greater || order == .equal
            }
        }
        switch filter {
        case .never: return false
        case .always: return true
        case .and(let parts): return parts.allSatisfy { matches($0, row) }
        case .or(let parts): return parts.contains { matches($0, row) }
        case .isNull(let column): return (row[column.parts[0].lowercased()] ?? .null).isNull
        case .isNotNull(let column): return !(row[column.parts[0].lowercased()] ?? .null).isNull
        case .isIn(let column, let values): return values.contains { compare(column, .equal, $0) }
        case .compare(let column, let comparison, let constant): return compare(column, comparison, constant)
        }
    }

    private static func file(_ number: Int, _ rows: [[String: Scalar]], _ random: SeededRandomSource)
        -> AddFile
    {
        let partition: PartitionValues = ["p", "q"].map { name in
            (name, PartitionValue.text(rows[0][name] ?? .null, name == "p" ? .string : .integer))
        }
        let columns = StatisticsText.columns(schema, partitionColumns: ["p", "q"], TableProperties([:]))
        let stats = StatisticsText.bytes(rowCount: Int64(rows.count), columns: columns) { path in
            let values = rows.map { $0[path.parts[0]] ?? .null }.filter { !$0.isNull }
            var known = ColumnBounds(nullCount: Int64(rows.count - values.count))
            let numbers = values.filter { if case .double(let number) = $0 { !number.isNaN } else { true } }
            known.minimum = numbers.min { $0.compared(to: $1) == .less }
            if numbers.count == values.count { known.maximum = numbers.max { $0.compared(to: $1) == .less } }
            return known
        }
        return AddFile(
            rawPath: "f\(number)", partitionValues: partition, byteCount: 1, modifiedMilliseconds: 1,
            stats: random.int(0..<8) == 0 ? nil : stats)
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func noFileWithAMatchIsDropped(_ seed: UInt64) throws {
        let random = SeededRandomSource(seed: seed)
        var rowsOfFile: [[[String: Scalar]]] = []
        let files = try commit(1) { builder in
            for number in 0..<60 {
                let partition = ["p", "q"].map { ($0, Self.value($0, random)) }
                let rows = (0..<random.int(1..<5)).map { _ in
                    var row = Dictionary(uniqueKeysWithValues: partition)
                    for name in ["i", "s", "t", "f", "d"] { row[name] = Self.value(name, random) }
                    return row
                }
                rowsOfFile.append(rows)
                builder.add(Self.file(number, rows, random))
            }
        }
        let state = try snapshot([firstCommit(Self.schema, partitionColumns: ["p", "q"]), files])
        var dropped = 0
        for _ in 0..<400 {
            let filter = Self.filter(random)
            let kept = Set(state.files(matching: filter).map(\.path))
            dropped += 60 - kept.count
            for (number, rows) in rowsOfFile.enumerated() where !kept.contains("f\(number)") {
                let lost = rows.first { Self.matches(filter, $0) }
                #expect(lost == nil, "seed \(seed): \(filter) lost a row of f\(number)")
            }
        }
        #expect(dropped > 2000, "hardly anything is pruned")
    }

    @Test func partitionsPruneWithoutStatistics() throws {
        let files = try commit(1) { builder in
            for (path, value) in [("one", "1"), ("two", "2"), ("none", nil)] {
                builder.add(
                    AddFile(
                        rawPath: path, partitionValues: [("q", value)], byteCount: 1, modifiedMilliseconds: 1)
                )
            }
        }
        let state = try snapshot([firstCommit(Self.schema, partitionColumns: ["q"]), files])
        func kept(_ filter: ScanFilter?) -> Set<String> { Set(state.files(matching: filter).map(\.path)) }
        #expect(kept(nil).count == 3 && kept(.always).count == 3 && kept(.never).isEmpty)
        #expect(kept(.compare("Q", .greater, .integer(1))) == ["two"])
        #expect(kept(.isNull("q")) == ["none"])
        #expect(kept(.isNotNull("q")) == ["one", "two"])
        #expect(kept(.compare("q", .notEqual, .integer(1))) == ["two"])
        #expect(kept(.compare("i", .equal, .integer(1))).count == 3)
        #expect(kept(.compare("unknown", .equal, .integer(1))).count == 3)
        #expect(state.rowCount == nil)
    }
}
