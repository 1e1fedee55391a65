import Base
import OnlineStore
import TableModel
import Testing

import FeatureStore

/// Rows by view and key, filled by the test itself.
final class FixedRows: OnlineStore {
    private let rows: [UInt32: [[UInt8]: [UInt8]]]
    init(_ rows: [UInt32: [[UInt8]: [UInt8]]]) { self.rows = rows }

    func read(_ keys: OnlineKeys, _ body: (Int, UnsafeRawBufferPointer?) -> Void) throws(TarnError) {
        for index in 0..<keys.count {
            let (view, key) = keys[index]
            if let row = rows[view.rawValue]?[Array(key)] {
                row.withUnsafeBytes { body(index, $0) }
            } else {
                body(index, nil)
            }
        }
    }

    func write(
        _ rows: OnlineRows,
        shouldReplace: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) async throws(TarnError) -> Int { 0 }
    func count(of view: OnlineViewID) throws(TarnError) -> Int { rows[view.rawValue]?.count ?? 0 }
    func clear(_ view: OnlineViewID) async throws(TarnError) {}
    func facts() throws(TarnError) -> OnlineStoreFacts { .init(byteCount: 0, entryCount: 0) }
}

/// Feast's request and response, byte for byte.
@Suite struct OnlineServingTests {
    /// The time 2024-01-31T08:00:00Z.
    static let time: Int64 = 1_706_688_000_000_000

    static func row(_ count: Int, time: Int64 = time, _ fill: (inout OnlineRowWriter) -> Void) -> [UInt8] {
        var writer = OnlineRowWriter(featureCount: count)
        writer.begin(eventTime: time, created: OnlineRow.noTime)
        fill(&writer)
        return writer.finish()
    }

    static func key(_ fill: (inout EntityKey) -> Void) -> [UInt8] {
        var key = EntityKey()
        fill(&key)
        return key.bytes
    }

    static func text(_ key: inout EntityKey, _ text: String) {
        var text = text
        text.withUTF8 { key.append(string: $0) }
    }

    static func view(
        _ name: String, id: UInt32, entities: [String], keys: [(String, DataType)],
        features: [(String, DataType)],
        ttl: Int64 = 0, online: Bool = true
    ) -> RegisteredView {
        RegisteredView(
            definition: FeatureView(
                name: name, entities: entities, timeToLive: ttl,
                source: FeatureSource(table: "t", timestampField: "ts"), isOnline: online),
            version: 3, onlineID: id, joinKeys: keys.map { SchemaField($0.0, $0.1) },
            features: features.map { SchemaField($0.0, $0.1) })
    }

    static let registry = RegistrySnapshot(
        revision: 1,
        entities: [
            FeatureEntity(name: "driver", joinKeys: ["driver_id"]),
            FeatureEntity(name: "city", joinKeys: ["city"]),
            FeatureEntity(name: "other", joinKeys: ["other_id"]),
        ],
        views: [
            view(
                "stats", id: 7, entities: ["driver"], keys: [("driver_id", .long)],
                features: [("rate", .double), ("trips", .long)]),
            view(
                "pair", id: 8, entities: ["driver", "city"], keys: [("driver_id", .long), ("city", .string)],
                features: [("rate", .double), ("tag", .string)], ttl: 1_000_000),
            view("world", id: 9, entities: [], keys: [], features: [("temperature", .float)]),
            view("cold", id: 10, entities: [], keys: [], features: [("x", .float)], online: false),
        ],
        services: [
            FeatureService(
                name: "svc", selections: [.init(view: "stats", features: [.init(name: "trips", alias: "n")])])
        ])

    static let store = FixedRows([
        7: [
            key { $0.append(integer: 1) }: row(2) {
                $0.startFeature(0)
                $0.append(double: 0.25)
                $0.startFeature(1)
                $0.append(int64: 9_007_199_254_740_993)
            },
            key { $0.append(integer: -2) }: row(2, time: time + 1500) {
                $0.startFeature(1)
                $0.append(int64: 4)
            },
        ],
        8: [
            key {
                $0.append(integer: 1)
                text(&$0, "Zürich \"x\"")
            }: row(2) {
                $0.startFeature(0)
                $0.append(double: .nan)
                $0.startFeature(1)
                text(&$0, "a\"b\\c\n\u{1}é")
            }
        ],
        9: [
            key { $0.appendWorld() }: row(1) {
                $0.startFeature(0)
                $0.append(float: 21.5)
            }
        ],
    ])

    static func text(_ writer: inout OnlineRowWriter, _ text: String) {
        var text = text
        text.withUTF8 { writer.append(string: $0) }
    }

    static func ask(_ request: String, now: Int64 = time + 1_000_000) throws(TarnError) -> String {
        let serving = OnlineServing(
            store: store, registry: registry, time: ManualTimeSource(microseconds: now))
        return String(decoding: try serving.getOnlineFeatures(Array(request.utf8)), as: UTF8.self)
    }

    @Test func answersInFeastsShape() throws {
        let answer = try Self.ask(
            #"{"features": ["stats:rate", "stats:trips"], "entities": {"driver_id": [1, -2, 5, null]}}"#)
        #expect(
            answer
                == #"{"metadata":{"feature_names":["driver_id","rate","trips"]},"results":["#
                + #"{"values":[1,-2,5,null],"statuses":["PRESENT","PRESENT","PRESENT","PRESENT"],"event_timestamps":["#
                + #""1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},"#
                + #"{"values":[0.25,null,null,null],"statuses":["PRESENT","NULL_VALUE","NOT_FOUND","NOT_FOUND"],"#
                + #""event_timestamps":["2024-01-31T08:00:00Z","2024-01-31T08:00:00.001500Z","1970-01-01T00:00:00Z","#
                + #""1970-01-01T00:00:00Z"]},"#
                + #"{"values":[9007199254740993,4,null,null],"statuses":["PRESENT","PRESENT","NOT_FOUND","NOT_FOUND"],"#
                + #""event_timestamps":["2024-01-31T08:00:00Z","2024-01-31T08:00:00.001500Z","1970-01-01T00:00:00Z","#
                + #""1970-01-01T00:00:00Z"]}]}"#)
    }

    @Test func groupsFeaturesByViewAndKeepsEscapes() throws {
        let answer = try Self.ask(
            #"{"entities":{"city":["Z\u00fcrich \"x\""],"driver_id":[1.0]},"full_feature_names":true,"#
                + #""features":["pair:tag","stats:trips","pair:rate"],"include_feature_view_version_metadata":true}"#
        )
        let value = try JSONValue.parse(answer)
        #expect(
            value["metadata"]?["feature_names"]
                == .array(
                    ["city", "driver_id", "pair__tag", "pair__rate", "stats__trips"].map { .string($0) }))
        #expect(value["metadata"]?["feature_view_metadata"]?[0]?["name"]?.string == "pair")
        #expect(value["metadata"]?["feature_view_metadata"]?[1]?["version"]?.int64 == 3)
        #expect(value["results"]?[0]?["values"]?[0]?.string == "Zürich \"x\"")
        #expect(value["results"]?[2]?["values"]?[0]?.string == "a\"b\\c\n\u{1}é")
        #expect(value["results"]?[3]?["values"]?[0]?.string == "NaN")
        #expect(value["results"]?[2]?["statuses"]?[0]?.string == "PRESENT")
    }

    /// The age may equal the ttl; what is older keeps its value and says so.
    @Test func tellsWhatIsOutsideItsMaximumAge() throws {
        let request = #"{"features":["pair:rate"],"entities":{"city":["Zürich \"x\""],"driver_id":[1]}}"#
        #expect(
            try Self.ask(request, now: Self.time + 1_000_000).contains(
                #"["PRESENT"],"event_timestamps":["2024"#))
        #expect(
            try Self.ask(request, now: Self.time + 1_000_001).contains(
                #"["NaN"],"statuses":["OUTSIDE_MAX_AGE"]"#))
    }

    @Test func servesServicesAndViewsWithoutEntities() throws {
        let service = try Self.ask(#"{"feature_service":"svc","entities":{"driver_id":[-2]}}"#)
        #expect(service.contains(#""feature_names":["driver_id","n"]"#))
        let world = try Self.ask(#"{"features":["world:temperature"]}"#)
        #expect(
            world == #"{"metadata":{"feature_names":["temperature"]},"results":[{"values":[21.5],"#
                + #""statuses":["PRESENT"],"event_timestamps":["2024-01-31T08:00:00Z"]}]}"#)
        let none = try Self.ask(#"{"features":["stats:rate"],"entities":{"driver_id":[]}}"#)
        #expect(
            none == #"{"metadata":{"feature_names":["driver_id","rate"]},"results":["#
                + #"{"values":[],"statuses":[],"event_timestamps":[]},{"values":[],"statuses":[],"event_timestamps":[]}]}"#
        )
    }

    @Test(arguments: [
        ("", "INVALID_INPUT", "not JSON"), ("[1]", "INVALID_INPUT", "must be a JSON object"),
        ("{\"features\":[\"stats:rate\"]", "INVALID_INPUT", "not JSON"),
        ("{}", "INVALID_INPUT", "'features' or 'feature_service'"),
        (#"{"features":["stats:rate"],"feature_service":"svc"}"#, "INVALID_INPUT", "only one"),
        (#"{"features":"stats:rate"}"#, "INVALID_INPUT", "must be a list"),
        (#"{"features":[]}"#, "INVALID_INPUT", "one or more"),
        (#"{"features":["rate"]}"#, "INVALID_INPUT", "view:feature"),
        (#"{"features":[7]}"#, "INVALID_INPUT", "'7'"),
        (#"{"features":["stat:rate"],"entities":{"driver_id":[1]}}"#, "NOT_FOUND", "Did you mean stats?"),
        (#"{"features":["stats:rat"],"entities":{"driver_id":[1]}}"#, "NOT_FOUND", "Did you mean rate?"),
        (#"{"feature_service":"svd","entities":{"driver_id":[1]}}"#, "NOT_FOUND", "Did you mean svc?"),
        (#"{"feature_service":["svc"],"entities":{"driver_id":[1]}}"#, "INVALID_INPUT", "a text"),
        (
            #"{"features":["stats:rate"],"entities":{"driver_ids":[1]}}"#, "NOT_FOUND",
            "Did you mean driver_id?"
        ),
        (#"{"features":["stats:rate"],"entities":{"driver":[1]}}"#, "NOT_FOUND", "asked for by driver_id"),
        (#"{"features":["stats:rate"],"entities":{"other_id":[1]}}"#, "INVALID_INPUT", "join key driver_id"),
        (#"{"features":["stats:rate"]}"#, "INVALID_INPUT", "join key driver_id"),
        (
            #"{"features":["stats:rate"],"entities":{"driver_id":[1],"other_id":[1,2]}}"#, "INVALID_INPUT",
            "differ in length"
        ),
        (
            #"{"features":["stats:rate"],"entities":{"driver_id":[1],"driver_id":[1]}}"#, "INVALID_INPUT",
            "twice"
        ),
        (#"{"features":["stats:rate"],"entities":{"driver_id":["1"]}}"#, "INVALID_INPUT", "no BIGINT"),
        (#"{"features":["stats:rate"],"entities":{"driver_id":[1.5]}}"#, "INVALID_INPUT", "no BIGINT"),
        (
            #"{"features":["stats:rate"],"entities":{"driver_id":[9223372036854775808]}}"#, "INVALID_INPUT",
            "no BIGINT"
        ),
        (#"{"features":["stats:rate"],"entities":{"driver_id":[[1]]}}"#, "INVALID_INPUT", "no BIGINT"),
        (#"{"features":["stats:rate"],"entities":{"driver_id":1}}"#, "INVALID_INPUT", "list of values"),
        (#"{"features":["stats:rate"],"entities":[1]}"#, "INVALID_INPUT", "list of values"),
        (#"{"features":["stats:rate"],"full_feature_names":"yes"}"#, "INVALID_INPUT", "true or false"),
        (
            #"{"features":["stats:rate","pair:rate"],"entities":{"driver_id":[1],"city":["a"]}}"#,
            "INVALID_INPUT", "would be named"
        ),
        (
            #"{"features":["stats:rate","stats:rate"],"entities":{"driver_id":[1]}}"#, "INVALID_INPUT",
            "asked for twice"
        ),
        (#"{"features":["cold:x"]}"#, "FAILED_PRECONDITION", "not online"),
    ])
    func refusesWithAReason(_ request: String, _ code: String, _ words: String) throws {
        let error = try #require(throws: TarnError.self) { try Self.ask(request) }
        #expect(error.code.rawValue == code, "\(error)")
        #expect(error.message.contains(words), "\(error)")
    }

    @Test func tooManyEntitiesAreRefused() throws {
        let keys = repeatElement("1", count: OnlineServing.maximumEntityCount + 1).joined(separator: ",")
        let error = try #require(throws: TarnError.self) {
            try Self.ask(#"{"features":["stats:rate"],"entities":{"driver_id":["# + keys + "]}}")
        }
        #expect(error.code == .resourceExhausted)
    }

    @Test func invalidUTF8IsRefused() {
        let serving = OnlineServing(store: Self.store, registry: Self.registry, time: ManualTimeSource())
        let request =
            Array(#"{"features":["stats:rate"],"entities":{"driver_id":[1]},"x":""#.utf8) + [
                0xFF, 0x22, 0x7D,
            ]
        #expect(throws: TarnError.self) { try serving.getOnlineFeatures(request) }
    }

    @Test func aNewRegistryReplacesPlans() throws {
        let serving = OnlineServing(store: Self.store, registry: Self.registry, time: ManualTimeSource())
        let request = Array(#"{"features":["stats:rate"],"entities":{"driver_id":[1]}}"#.utf8)
        _ = try serving.getOnlineFeatures(request)
        serving.update(RegistrySnapshot(revision: 2))
        #expect(throws: TarnError.self) { try serving.getOnlineFeatures(request) }
        serving.update(Self.registry)
        #expect(throws: TarnError.self, "an older registry is ignored") {
            try serving.getOnlineFeatures(request)
        }
    }

    /// The fast scanner takes no text that the full parser refuses, and the other way round for requests.
    @Test func theScannerAgreesWithTheParser() {
        let seed: UInt64 = 77
        let random = SeededRandomSource(seed: seed)
        let base = Array(
            #"{"features":["stats:rate"],"entities":{"driver_id":[1,-2.5e3,"a\u00e9\n",null,true]},"x":{"y":[{}]}}"#
                .utf8)
        let alphabet = Array(#"{}[]",:\0123eE+-.antrufls "#.utf8)
        for round in 0..<3000 {
            var bytes = base
            for _ in 0..<(1 + random.next() % 3) {
                let place = Int(random.next() % UInt64(bytes.count))
                let letter = alphabet[Int(random.next() % UInt64(alphabet.count))]
                switch random.next() % 3 {
                case 0: bytes[place] = letter
                case 1: bytes.insert(letter, at: place)
                default: bytes.remove(at: place)
                }
            }
            let scanned = bytes.withUnsafeBufferPointer { JSONScanner.accepts($0) }
            let parsed = (try? JSONValue.parse(bytes)) != nil
            #expect(
                scanned == parsed, "seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
