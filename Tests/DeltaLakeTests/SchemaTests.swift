import Base
import DeltaLake
import TableModel
import Testing

@Suite struct SchemaTests {
    private let wide = TableSchema([
        SchemaField("b", .boolean), SchemaField("y", .byte), SchemaField("s", .short),
        SchemaField("i", .integer),
        SchemaField("l", .long, isNullable: false), SchemaField("f", .float), SchemaField("d", .double),
        SchemaField("x", .decimal(precision: 38, scale: 18)), SchemaField("t", .string),
        SchemaField("bin", .binary), SchemaField("day", .date), SchemaField("ts", .timestamp),
        SchemaField("ntz", .timestampNtz), SchemaField("v", .void),
        SchemaField(
            "c", .string,
            metadata: [
                "__CHAR_VARCHAR_TYPE_STRING": .string("varchar(5)"), "n": .number("1e3"), "o": .object([:]),
            ]),
        SchemaField(
            "a",
            .array(element: .map(key: .string, value: .long, valueContainsNull: false), containsNull: false)),
        SchemaField("r", .structure([SchemaField("é \"x\"", .structure([SchemaField("z", .date)]))])),
    ])

    @Test func everyTypeSurvives() throws {
        let text = SchemaCodec.text(wide)
        #expect(try SchemaCodec.parse(text) == wide)
        #expect(try SchemaCodec.text(SchemaCodec.parse(text)) == text)
        #expect(
            text.hasPrefix(
                #"{"type":"struct","fields":[{"name":"b","type":"boolean","nullable":true,"metadata":{}}"#))
    }

    @Test(arguments: [
        ("interval year", TarnError.Code.unsupported), ("geometry", .unsupported),
        ("decimal(39,1)", .corruptMetadata),
        ("decimal(5,6)", .corruptMetadata), ("decimal(5)", .corruptMetadata),
        ("decimal(a,b)", .corruptMetadata),
    ])
    func otherTypesAreNamed(_ type: String, _ code: TarnError.Code) {
        let text =
            #"{"type":"struct","fields":[{"name":"col","type":"\#(type)","nullable":true,"metadata":{}}]}"#
        let error = failure { _ = try SchemaCodec.parse(text) }
        #expect(error?.code == code)
        #expect(error?.message.contains(type) == true && error?.message.contains("col") == true)
    }

    @Test(arguments: [
        "{", "[]", "\"long\"", "{\"type\":\"struct\"}", "{\"type\":\"struct\",\"fields\":[{}]}",
        "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":{}}]}",
        "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\"}}]}",
        "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"metadata\":3}]}",
    ])
    func damagedSchemasAreRefused(_ text: String) {
        #expect(failure { _ = try SchemaCodec.parse(text) }?.code == .corruptMetadata)
    }

    @Test func oldAndForeignSpellingsAreRead() throws {
        let text =
            #"{"type":"struct","fields":[{"name":"a","type":"varchar(3)"},{"name":"b","type":"decimal"},{"name":"c","type":{"type":"array","elementType":"int"},"metadata":null}]}"#
        #expect(
            try SchemaCodec.parse(text).fields.map(\.type) == [
                .string, .decimal(precision: 10, scale: 0), .array(element: .integer, containsNull: true),
            ])
        #expect(try SchemaCodec.parse("").fields.isEmpty)
    }

    @Test func namesAndPartitionsAreChecked() throws {
        let odd = TableSchema(["a b", "a,b", "a=b", "a.b", "%", "é", "\n"].map { SchemaField($0, .long) })
        try SchemaRules.check(odd, partitionColumns: ["A B"])
        func refusal(_ fields: [SchemaField], _ partitions: [String] = []) -> String? {
            failure { try SchemaRules.check(TableSchema(fields), partitionColumns: partitions) }?.message
        }
        let (a, b) = (SchemaField("a", .long), SchemaField("b", .array(element: .long, containsNull: true)))
        #expect(refusal([])?.contains("at least one column") == true)
        #expect(refusal([a, SchemaField("A", .date)])?.contains("occurs twice") == true)
        #expect(refusal([SchemaField("s", .structure([a, a]))])?.contains("s.a") == true)
        #expect(refusal([SchemaField("", .long)])?.contains("must have a name") == true)
        #expect(refusal([SchemaField("x", .decimal(precision: 39, scale: 0))])?.contains("precision") == true)
        #expect(refusal([a, b], ["c"])?.contains("not in the schema") == true)
        #expect(refusal([a, b], ["b"])?.contains("array<long>") == true)
        #expect(refusal([a, b], ["a", "A"])?.contains("listed twice") == true)
        #expect(refusal([a], ["a"])?.contains("at least one must remain") == true)
    }

    @Test func requiredColumnsAreListed() {
        let schema = TableSchema([
            SchemaField("a", .long, isNullable: false), SchemaField("b", .long),
            SchemaField("s", .structure([SchemaField("x", .long, isNullable: false)]), isNullable: false),
            SchemaField("t", .structure([SchemaField("y", .long, isNullable: false)])),
        ])
        #expect(SchemaRules.requiredColumns(schema) == ["a", "s", ColumnPath(["s", "x"])])
    }

    // MARK: Alignment

    private let table = TableSchema([
        SchemaField("Id", .long, isNullable: false), SchemaField("price", .decimal(precision: 10, scale: 2)),
        SchemaField("s", .structure([SchemaField("x", .integer)])),
    ])

    @Test func columnsAreMatchedByName() throws {
        let rows = TableSchema([SchemaField("PRICE", .integer), SchemaField("id", .integer)])
        let plan = try SchemaAlignment(rows, to: table)
        #expect(plan.columns.map(\.source) == ["id", "PRICE", nil])
        #expect(plan.columns.map(\.needsCast) == [true, true, true])
        #expect(!plan.changesSchema && plan.schema == table)
        let same = try SchemaAlignment(table, to: table, casting: .lossless)
        #expect(same.columns.map(\.needsCast) == [false, false, false])
    }

    @Test func allThatDoesNotFitIsListed() {
        let rows = TableSchema([
            SchemaField("pric", .long), SchemaField("s", .structure([SchemaField("q", .long)])),
            SchemaField("price", .array(element: .long, containsNull: true)),
        ])
        let error = failure { _ = try SchemaAlignment(rows, to: table) }
        #expect(error?.code == .schemaMismatch)
        for part in ["pric", "s.q", "Id must not be null", "decimal(10,2)", "array<long>"] {
            #expect(error?.message.contains(part) == true, "\(part): \(error?.message ?? "")")
        }
        let twice = TableSchema([SchemaField("a", .long), SchemaField("A", .long)])
        #expect(failure { _ = try SchemaAlignment(twice, to: table) }?.message.contains("twice") == true)
    }

    @Test func mergingAddsColumnsAndMembers() throws {
        let rows = TableSchema([
            SchemaField("id", .long), SchemaField("new", .date, isNullable: false),
            SchemaField("s", .structure([SchemaField("y", .string), SchemaField("X", .short)])),
        ])
        let plan = try SchemaAlignment(rows, to: table, mode: .merge)
        #expect(plan.changesSchema)
        #expect(plan.schema.names == ["Id", "price", "s", "new"])
        #expect(plan.schema["new"]?.isNullable == true)
        #expect(
            plan.schema["s"]?.type == .structure([SchemaField("x", .integer), SchemaField("y", .string)]))
        let void = TableSchema([SchemaField("v", .void)])
        let typed = try SchemaAlignment(TableSchema([SchemaField("v", .date)]), to: void, mode: .merge)
        #expect(typed.schema["v"]?.type == .date)
    }

    @Test(arguments: [
        (DataType.byte, DataType.short, true), (.short, .long, true), (.long, .integer, false),
        (.integer, .double, true), (.long, .double, false), (.short, .float, true), (.integer, .float, false),
        (.float, .double, true), (.double, .float, false),
        (.integer, .decimal(precision: 12, scale: 2), true),
        (.integer, .decimal(precision: 11, scale: 2), false),
        (.decimal(precision: 5, scale: 2), .decimal(precision: 6, scale: 3), true),
        (.decimal(precision: 5, scale: 2), .decimal(precision: 6, scale: 4), false),
        (.string, .date, false), (.date, .timestamp, false), (.timestampNtz, .timestamp, false),
    ])
    func onlyWideningLosesNothing(_ from: DataType, _ to: DataType, _ expected: Bool) {
        #expect(SchemaAlignment.isLossless(from, to) == expected)
        let rows = TableSchema([SchemaField("c", from)])
        let table = TableSchema([SchemaField("c", to)])
        #expect(((try? SchemaAlignment(rows, to: table, casting: .lossless)) != nil) == expected)
        #expect((try? SchemaAlignment(rows, to: table, casting: .assignment)) != nil)
    }

    // MARK: Evolution

    @Test func columnsAreAddedMovedAndRelaxed() throws {
        let (x, y) = (SchemaField("x", .long), SchemaField("y", .long))
        #expect(
            try SchemaEvolution.adding([x, y], to: table, at: .after("id")).names == [
                "Id", "x", "y", "price", "s",
            ])
        #expect(try SchemaEvolution.adding([x, y], to: table, at: .first).names.prefix(2) == ["x", "y"])
        #expect(try SchemaEvolution.adding([x], to: table).names.last == "x")
        #expect(try SchemaEvolution.moving("ID", in: table, to: .last).names == ["price", "s", "Id"])
        #expect(try SchemaEvolution.moving("s", in: table, to: .after("S")) == table)
        #expect(
            try SchemaEvolution.reordering(table, as: ["s", "id", "price"]).names == ["s", "Id", "price"])
        #expect(try SchemaEvolution.relaxing("id", in: table)["id"]?.isNullable == true)
        let commented = try SchemaEvolution.commenting("s", "what", in: table)
        #expect(commented["s"]?.metadata["comment"] == .string("what"))
        #expect(try SchemaEvolution.commenting("s", nil, in: commented) == table)
        func code(_ body: () throws -> Void) -> TarnError.Code? { failure(body)?.code }
        #expect(
            code { _ = try SchemaEvolution.adding([SchemaField("ID", .long)], to: table) } == .alreadyExists)
        let required = SchemaField("x", .long, isNullable: false)
        #expect(code { _ = try SchemaEvolution.adding([required], to: table) } == .invalidInput)
        #expect(code { _ = try SchemaEvolution.adding([x], to: table, at: .after("q")) } == .notFound)
        #expect(code { _ = try SchemaEvolution.reordering(table, as: ["s", "id"]) } == .invalidInput)
        #expect(code { _ = try SchemaEvolution.reordering(table, as: ["s", "id", "ID"]) } == .invalidInput)
    }
}
