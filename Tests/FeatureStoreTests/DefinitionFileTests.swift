import Base
import TableModel
import Testing

import FeatureStore

/// Definition files: what is read, and which error each mistake gives.
@Suite struct DefinitionFileTests {
    @Test func readsEveryKey() throws {
        let file = try DefinitionFile(
            yaml: """
                project: flights
                entities:
                  - {name: user, join_keys: [user_id, region], description: People, tags: {team: a}, owner: ann}
                  - {name: shop, value_type: INT64}
                ---
                feature_views:
                  - name: spend
                    entities: [user, shop]
                    ttl: 1d 12h
                    source:
                      table: main.default.spend
                      timestamp_field: ts
                      created_timestamp_column: made
                      field_mapping: {amt: amount}
                    schema:
                      - {name: amount, dtype: Float64, description: Euros}
                      - visits
                    online: false
                    tags: {pii: "no"}
                    description: Money
                feature_services:
                  - name: fraud
                    features:
                      - spend
                      - other: [a, {b: bee}]
                      - "third:[x, y]"
                      - fourth:z
                      - {view: fifth, alias: five, features: [q]}
                """)
        let definitions = file.definitions
        #expect(definitions.entities.map(\.name) == ["user", "shop"])
        #expect(definitions.entities[0].joinKeys == ["user_id", "region"])
        #expect(definitions.entities[0].tags == ["team": "a"])
        #expect(definitions.entities[1].joinKeys == ["shop"])
        #expect(definitions.entities[1].valueType == .long)
        let view = try #require(definitions.view("spend"))
        #expect(view.timeToLive == 36 * 3_600_000_000)
        #expect(view.source.createdTimestampColumn == "made")
        #expect(view.source.column(of: "amount") == "amt")
        #expect(view.source.column(of: "visits") == "visits")
        #expect(view.features.map(\.type) == [.double, nil])
        #expect(!view.isOnline)
        let selections = try #require(definitions.service("fraud")).selections
        #expect(selections[0] == FeatureSelection(view: "spend"))
        #expect(selections[1].features == [.init(name: "a"), .init(name: "b", alias: "bee")])
        #expect(selections[2].features?.map(\.name) == ["x", "y"])
        #expect(selections[3] == FeatureSelection(view: "fourth", features: [.init(name: "z")]))
        #expect(selections[4].alias == "five")
        #expect(file.line(of: .featureView, "spend") == 7)
    }

    @Test func emptyFilesDefineNothing() throws {
        for text in ["", "\n", "---\n---\n", "entities:\n", "# only a comment\n"] {
            #expect(try DefinitionFile(yaml: text).definitions == FeatureDefinitions())
        }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var yaml: String
        var line: Int
        var words: [String]
        var testDescription: String { words[0] }
        init(_ line: Int, _ words: [String], _ yaml: String) {
            (self.yaml, self.line, self.words) = (yaml, line, words)
        }
    }

    static let view = "feature_views:\n  - name: v\n    source: {table: t, timestamp_field: ts}\n"

    @Test(arguments: [
        Mistake(1, ["unknown key 'entites'", "Did you mean entities"], "entites: []"),
        Mistake(2, ["unknown key 'join_key_s'", "join_keys"], "entities:\n  - {name: a, join_key_s: [b]}"),
        Mistake(1, ["must be a list", "a mapping"], "entities: {a: 1}"),
        Mistake(1, ["must be a mapping", "a list"], "- 1"),
        Mistake(2, ["needs the key 'name'"], "entities:\n  - {join_keys: [a]}"),
        Mistake(3, ["defined twice", "line 2"], "entities:\n  - {name: a}\n  - {name: a}"),
        Mistake(2, ["no name for an entity", "9lives"], "entities:\n  - {name: 9lives}"),
        Mistake(2, ["no name for an entity"], "entities:\n  - {name: a__b}"),
        Mistake(2, ["no name for an entity"], "entities:\n  - {name: naïve}"),
        Mistake(2, ["join_keys", "'k' twice"], "entities:\n  - {name: a, join_keys: [k, k]}"),
        Mistake(2, ["at least one join key"], "entities:\n  - {name: a, join_keys: []}"),
        Mistake(
            2, ["'Int46' is no type", "Did you mean Int32 or Int64"],
            "entities:\n  - {name: a, value_type: Int46}"),
        Mistake(2, ["2 join keys"], "entities:\n  - {name: a, join_keys: [x, y], value_type: INT64}"),
        Mistake(2, ["must be text, not a list"], "entities:\n  - {name: a, owner: [b]}"),
        Mistake(2, ["needs the key 'source'"], "feature_views:\n  - name: v"),
        Mistake(2, ["'ttl'", "fortnight", "7d"], view + "    ttl: fortnight"),
        Mistake(2, ["'ttl'"], view + "    ttl: -5d"),
        Mistake(2, ["'ttl'"], view + "    ttl: 99999999999999d"),
        Mistake(4, ["'online'", "true or false", "'maybe'"], view + "    online: maybe"),
        Mistake(4, ["true or false"], view + "    online: \"true\""),
        Mistake(5, ["both 'features' and 'schema'"], view + "    features: [a]\n    schema: [b]"),
        Mistake(2, ["'features'", "'a' twice"], view + "    features: [a, {name: a}]"),
        Mistake(4, ["no name for a feature"], view + "    features: [a__b]"),
        Mistake(3, ["unknown key 'colour'"], "feature_views:\n  - name: v\n    source: {colour: red}"),
        Mistake(
            3, ["needs the key 'timestamp_field'"], "feature_views:\n  - name: v\n    source: {table: t}"),
        Mistake(2, ["at least one item"], "feature_services:\n  - {name: s, features: []}"),
        Mistake(2, ["VIEW:FEATURE"], "feature_services:\n  - {name: s, features: [\"a:b:c\"]}"),
        Mistake(2, ["'v' twice"], "feature_services:\n  - {name: s, features: [v, v]}"),
        Mistake(4, ["list of features"], "feature_services:\n  - name: s\n    features:\n      - v: 3"),
        Mistake(2, ["same key twice"], "entities:\n  - {name: a, name: b}"),
        Mistake(3, ["cannot be read"], "entities:\n  - name: a\n bad indent: [\n"),
        Mistake(1, ["cannot be read"], "entities: [\u{7}]"),
    ])
    func namesLineAndRemedy(_ mistake: Mistake) throws {
        let error = try #require(throws: TarnError.self) { try DefinitionFile(yaml: mistake.yaml) }
        #expect(error.code == .invalidInput)
        for word in mistake.words { #expect(error.message.contains(word), "\(error.message)") }
        #expect(error.context.first { $0.name == "line" }?.value == String(mistake.line), "\(error.message)")
    }

    @Test func hugeFilesAreRefused() {
        let text = String(repeating: "#", count: DefinitionFile.maximumByteCount + 1)
        #expect(throws: TarnError.self) { try DefinitionFile(yaml: text) }
    }

    @Test(arguments: [
        ("7d", 604_800_000_000), ("24h", 86_400_000_000), ("90m", 5_400_000_000), ("30s", 30_000_000),
        ("0", 0),
        ("0d", 0), ("86400", 86_400_000_000), ("1w", 604_800_000_000), ("1d 1s", 86_401_000_000),
    ])
    func readsLengthsOfTime(_ text: String, _ microseconds: Int64) {
        #expect(DurationText.parse(text) == microseconds)
        #expect(DurationText.parse(DurationText.text(microseconds)) == microseconds)
    }

    @Test(arguments: ["", "d", "1x", "1.5d", "+3d", "-1", "1d12h", "1 2", "٣d", "7 d"])
    func refusesOtherLengths(_ text: String) { #expect(DurationText.parse(text) == nil) }

    @Test(arguments: [
        ("INT64", DataType.long), ("Float32", .float), ("UnixTimestamp", .timestamp),
        ("UNIX_TIMESTAMP", .timestamp), ("decimal(38, 10)", .decimal(precision: 38, scale: 10)),
        (
            "Array(Array(String))",
            .array(element: .array(element: .string, containsNull: true), containsNull: true)
        ),
        ("INT64_LIST", .array(element: .long, containsNull: true)),
    ])
    func readsTypes(_ text: String, _ type: DataType) { #expect(FeatureTypes.parse(text) == type) }

    @Test(arguments: [
        "", "int65", "decimal(39,1)", "decimal(5,6)", "decimal(5)", "array()", "array(x", "[]", "_list",
    ])
    func refusesOtherTypes(_ text: String) { #expect(FeatureTypes.parse(text) == nil) }
}
