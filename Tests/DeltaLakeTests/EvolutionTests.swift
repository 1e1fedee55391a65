import Base
import DeltaLake
import TableModel
import Testing

@Suite struct EvolutionTests {
    private let table = TableSchema([
        SchemaField("Id", .integer),
        SchemaField("s", .structure([SchemaField("x", .float), SchemaField("y", .long)])),
        SchemaField("a", .array(element: .structure([SchemaField("d", .short)]), containsNull: true)),
        SchemaField("m", .map(key: .short, value: .decimal(precision: 6, scale: 2), valueContainsNull: true)),
        SchemaField("nothing", .void),
    ])

    private func code(_ body: () throws -> Void) -> TarnError.Code? {
        do {
            try body()
            return nil
        } catch { return (error as? TarnError)?.code }
    }

    private func type(_ path: [String], in schema: TableSchema) throws -> DataType {
        try SchemaEvolution.field(ColumnPath(path), in: schema).type
    }

    @Test func fieldsAreFoundThroughArraysAndMaps() throws {
        #expect(try type(["A", "element", "D"], in: table) == .short)
        #expect(code { _ = try type(["a", "d"], in: table) } == .invalidInput)
        #expect(code { _ = try type(["s", "z"], in: table) } == .notFound)
        #expect(code { _ = try type(["Id", "z"], in: table) } == .invalidInput)
    }

    @Test func membersAreAddedRenamedMovedAndDropped() throws {
        var schema = try SchemaEvolution.adding(
            [SchemaField("z", .string)], within: ["s"], to: table, at: .after("x"))
        schema = try SchemaEvolution.adding(
            [SchemaField("e", .string)], within: ["a", "element"], to: schema, at: .first)
        #expect(schema["s"]?.type.deltaName == "struct<x:float,z:string,y:long>")
        #expect(schema["a"]?.type.deltaName == "array<struct<e:string,d:short>>")
        schema = try SchemaEvolution.renaming(ColumnPath(["s", "z"]), to: "w", in: schema)
        schema = try SchemaEvolution.moving(ColumnPath(["s", "w"]), in: schema, to: .first)
        schema = try SchemaEvolution.dropping(ColumnPath(["s", "x"]), in: schema)
        #expect(schema["s"]?.type.deltaName == "struct<w:string,y:long>")
        #expect(code { _ = try SchemaEvolution.renaming("s", to: "ID", in: table) } == .alreadyExists)
        #expect(
            code { _ = try SchemaEvolution.dropping(ColumnPath(["a", "element", "d"]), in: table) }
                == .invalidInput)
        #expect(code { _ = try SchemaEvolution.dropping("q", in: table) } == .notFound)
    }

    /// Delta protocol, "Type Change Metadata".
    @Test func widerTypesAreRememberedByTheNearestField() throws {
        func widened(_ path: [String], _ type: DataType, _ schema: TableSchema) throws -> TableSchema {
            try SchemaEvolution.retyping(ColumnPath(path), to: type, in: schema, isEnabled: true)
        }
        var schema = try widened(["id"], .long, table)
        schema = try widened(["s", "x"], .double, schema)
        schema = try widened(["m", "value"], .decimal(precision: 10, scale: 4), schema)
        schema = try widened(["m", "key"], .integer, schema)
        schema = try widened(["a", "element", "d"], .long, schema)
        schema = try widened(["nothing"], .string, schema)
        func changes(_ path: [String]) throws -> String? {
            try SchemaEvolution.field(ColumnPath(path), in: schema).metadata["delta.typeChanges"]?.jsonText
        }
        #expect(try changes(["Id"]) == #"[{"fromType":"integer","toType":"long"}]"#)
        #expect(try changes(["s", "x"]) == #"[{"fromType":"float","toType":"double"}]"#)
        #expect(try changes(["s"]) == nil && changes(["a"]) == nil)
        #expect(
            try changes(["m"])
                == #"[{"fromType":"decimal(6,2)","toType":"decimal(10,4)","fieldPath":"value"},"#
                + #"{"fromType":"short","toType":"integer","fieldPath":"key"}]"#)
        #expect(try changes(["a", "element", "d"]) == #"[{"fromType":"short","toType":"long"}]"#)
        // It never held a value, so nothing is to be remembered.
        #expect(try changes(["nothing"]) == nil && type(["nothing"], in: schema) == .string)
    }

    @Test(arguments: [
        (DataType.byte, DataType.long, true), (.long, .integer, false), (.integer, .double, true),
        (.long, .double, false),
        (.double, .float, false), (.date, .timestampNtz, true), (.date, .timestamp, false),
        (.integer, .decimal(precision: 12, scale: 2), true),
        (.integer, .decimal(precision: 11, scale: 2), false),
        (.long, .decimal(precision: 20, scale: 0), true), (.long, .decimal(precision: 21, scale: 2), false),
        (.decimal(precision: 5, scale: 2), .decimal(precision: 6, scale: 3), true),
        (.decimal(precision: 5, scale: 2), .decimal(precision: 6, scale: 4), false),
        (.decimal(precision: 5, scale: 2), .decimal(precision: 9, scale: 1), false),
        (.string, .binary, false),
    ])
    func onlyWiderTypesAreAllowed(_ from: DataType, _ to: DataType, _ isAllowed: Bool) {
        #expect(TypeWidening.isSupported(from, to) == isAllowed)
        let schema = TableSchema([SchemaField("c", from)])
        let refused = code { _ = try SchemaEvolution.retyping("c", to: to, in: schema, isEnabled: true) }
        #expect(refused == (isAllowed ? nil : .invalidInput))
        let off = code { _ = try SchemaEvolution.retyping("c", to: to, in: schema, isEnabled: false) }
        #expect(off == (isAllowed ? .failedPrecondition : .invalidInput))
    }

    @Test func idsAndNamesAreGivenOnceAndKept() throws {
        var configuration: [String: String] = [:]
        var count = 0
        func newName() -> String {
            count += 1
            return "new\(count)"
        }
        let mapped = ColumnMapping.assigned(table, &configuration, keepsNames: true, newName: newName)
        #expect(configuration["delta.columnMapping.maxColumnId"] == "8")
        #expect(mapped["Id"]?.physicalName(.name) == "Id" && mapped["nothing"]?.fieldID == 8)
        #expect(try SchemaEvolution.field(ColumnPath(["a", "element", "d"]), in: mapped).fieldID == 6)
        #expect(ColumnMapping.assigned(mapped, &configuration, keepsNames: false, newName: newName) == mapped)
        let wider = TableSchema(mapped.fields + [SchemaField("b", .long)])
        let again = ColumnMapping.assigned(wider, &configuration, keepsNames: false, newName: newName)
        #expect(again["b"]?.fieldID == 9 && again["b"]?.physicalName(.id) == "col-new1")
        // An id that was given out never comes back, even if its column is gone.
        configuration["delta.columnMapping.maxColumnId"] = "40"
        #expect(
            ColumnMapping.assigned(wider, &configuration, keepsNames: false, newName: newName)["b"]?.fieldID
                == 41)
        #expect(ColumnMapping.removed(from: mapped) == table)
    }

    @Test(
        arguments: [
            (1, 3, nil, 1), (1, 3, 1, 4), (1, 3, 5, 7), (1, 3, 7, 10), (10, -5, 0, -5), (10, -5, 12, 10),
            (1, 3, -7, 1),
            (Int64.max - 1, 1, Int64.max - 1, Int64.max), (Int64.max - 1, 1, Int64.max, nil),
            (Int64.min + 2, -1, Int64.min, nil),
        ] as [(Int64, Int64, Int64?, Int64?)])
    func identityValuesGoOnPastTheMark(_ start: Int64, _ step: Int64, _ mark: Int64?, _ next: Int64?) {
        var metadata: JSONObject = ["delta.identity.start": .int(start), "delta.identity.step": .int(step)]
        metadata["delta.identity.highWaterMark"] = mark.map { .int($0) }
        #expect(IdentityColumn(metadata)?.next == next)
    }
}
