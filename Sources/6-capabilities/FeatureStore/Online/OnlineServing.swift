package import Base
package import OnlineStore
internal import TableModel

/// Answers Feast's `POST /get-online-features`, from the request's bytes to the response's.
///
/// Synchronous: memory-mapped reads take microseconds, so an event loop's thread may call it. See
/// docs/feature-store.md for the JSON and the statuses.
package final class OnlineServing: Sendable {
    private let store: any OnlineStore
    private let time: any TimeSource
    private let plans: ServingPlanCache
    /// For whoever watches the server.
    package let counters = OnlineCounters()

    /// The most entities that one request may ask for.
    package static let maximumEntityCount = 100_000
    /// The most values that one answer may hold.
    package static let maximumValueCount = 10_000_000

    package init(store: any OnlineStore, registry: RegistrySnapshot, time: any TimeSource) {
        self.store = store
        self.time = time
        plans = ServingPlanCache(registry: registry)
    }

    /// Serves by a newer registry from now on; an older one is ignored.
    package func update(_ registry: RegistrySnapshot) { plans.update(registry) }

    package var registry: RegistrySnapshot { plans.registry }

    /// - Parameter request: JSON: `features` or `feature_service`, `entities`, `full_feature_names`,
    ///   `include_feature_view_version_metadata`.
    /// - Returns: JSON: `metadata.feature_names`, join keys first, and one result a name in the same order.
    /// - Throws: `.invalidInput` for a request that is wrong by itself, `.notFound` for unknown features, services and
    ///   entities with near names, `.resourceExhausted` for one that is too large.
    package func getOnlineFeatures(_ request: [UInt8]) throws(TarnError) -> [UInt8] {
        var result: Result<[UInt8], TarnError> = .success([])
        request.withUnsafeBufferPointer { body in
            do throws(TarnError) { result = .success(try answer(body)) } catch { result = .failure(error) }
        }
        return try result.get()
    }

    /// The same over bytes that belong to the caller.
    package func getOnlineFeatures(_ body: UnsafeBufferPointer<UInt8>) throws(TarnError) -> [UInt8] {
        try answer(body)
    }

    /// What the features of a request mean.
    func servingPlan(_ body: UnsafeBufferPointer<UInt8>) throws(TarnError) -> ServingPlan {
        guard Self.isUTF8(body), let request = OnlineRequest(body) else { throw Self.malformed(body) }
        return try plan(for: request, body)
    }

    private func answer(_ body: UnsafeBufferPointer<UInt8>) throws(TarnError) -> [UInt8] {
        guard Self.isUTF8(body), let request = OnlineRequest(body) else { throw Self.malformed(body) }
        let plan = try plan(for: request, body)
        let names = try joinKeyNames(request, plan, body)
        let rowCount = try Self.rowCount(request, names)
        if rowCount > Self.maximumEntityCount || rowCount * plan.featureCount > Self.maximumValueCount {
            throw TarnError(
                .resourceExhausted,
                "The request asks for \(plan.featureCount) features of \(rowCount) entities; at most "
                    + "\(Self.maximumEntityCount) entities and \(Self.maximumValueCount) values fit one answer. Split it."
            )
        }
        var response = OnlineResponse(plan: plan, rowCount: rowCount, now: time.nowMicroseconds())
        let keys = try onlineKeys(request, plan, names, rowCount, body)
        if !keys.isEmpty {
            var foundCount = 0
            try store.read(keys) { _, value in
                if value != nil { foundCount += 1 }
                response.take(value)
            }
            counters.count(found: foundCount, of: keys.count)
        }
        return response.finish(request, names: names, body: body)
    }

    private func plan(
        for request: OnlineRequest, _ body: UnsafeBufferPointer<UInt8>
    ) throws(TarnError) -> ServingPlan {
        switch (request.features, request.service) {
        case (let features?, nil):
            return try plans.plan(
                UnsafeBufferPointer(rebasing: body[features]), isService: false, fullNames: request.fullNames)
        case (nil, let service?):
            return try plans.plan(
                UnsafeBufferPointer(rebasing: body[service]), isService: true, fullNames: request.fullNames)
        case (nil, nil):
            throw TarnError(.invalidInput, "The request needs 'features' or 'feature_service'.")
        default:
            throw TarnError(
                .invalidInput, "The request has both 'features' and 'feature_service'; send only one.")
        }
    }

    /// The join key that each column of the request gives.
    private func joinKeyNames(
        _ request: OnlineRequest, _ plan: ServingPlan, _ body: UnsafeBufferPointer<UInt8>
    ) throws(TarnError) -> [String] {
        let names = try request.columns.mapTyped { column throws(TarnError) -> String in
            let given = Self.text(body, column.name)
            if plan.joinKeys.contains(given) || plan.registry.joinKeys.contains(given) { return given }
            throw Self.unknownKey(given, plan.registry)
        }
        if Set(names).count < names.count {
            throw TarnError(
                .invalidInput,
                "The request gives one join key twice. Its entities: \(names.joined(separator: ", ")).")
        }
        let missing = plan.joinKeys.filter { !names.contains($0) }
        if !missing.isEmpty {
            throw TarnError(
                .invalidInput,
                "The features need the join key\(missing.count > 1 ? "s" : "") \(missing.joined(separator: ", ")), "
                    + "which the request's entities do not give.",
                context: missing.map { ("join_key", $0) })
        }
        if let name = names.first(where: { plan.outputNames.contains($0) }) {
            throw TarnError(
                .invalidInput, "The feature '\(name)' has the name of a join key. Ask for full feature names."
            )
        }
        return names
    }

    private static func rowCount(_ request: OnlineRequest, _ names: [String]) throws(TarnError) -> Int {
        guard let first = request.columns.first else { return 1 }
        for (index, column) in request.columns.enumerated() where column.values.count != first.values.count {
            throw TarnError(
                .invalidInput,
                "The entities' lists differ in length: \(first.values.count) values of '\(names[0])', "
                    + "\(column.values.count) of '\(names[index])'.")
        }
        return first.values.count
    }

    private func onlineKeys(
        _ request: OnlineRequest, _ plan: ServingPlan, _ names: [String], _ rowCount: Int,
        _ body: UnsafeBufferPointer<UInt8>
    ) throws(TarnError) -> OnlineKeys {
        var keys = OnlineKeys()
        var key = EntityKey()
        for view in plan.views {
            let columns = view.keys.map { part in
                names.firstIndex(of: plan.joinKeys[part.place]).map { request.columns[$0].values.lowerBound }
                    ?? 0
            }
            for row in 0..<rowCount {
                key.removeAll()
                if view.keys.isEmpty { key.appendWorld() }
                for (index, part) in view.keys.enumerated() {
                    let value = request.values[columns[index] + row]
                    if try !key.append(value, as: part.type, body) {
                        if value.kind != .null {
                            throw Self.wrongType(value, plan.joinKeys[part.place], part.type, body)
                        }
                        // No row has an empty key, so a null finds none.
                        key.removeAll()
                        break
                    }
                }
                key.bytes.withUnsafeBytes { keys.append(view.id, $0) }
            }
        }
        return keys
    }
}

extension OnlineServing {
    private static func text(_ body: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
        let raw = body[range]
        if !raw.contains(UInt8(ascii: "\\")) {
            return String(decoding: raw.dropFirst().dropLast(), as: UTF8.self)
        }
        return (try? JSONValue.parse(raw))?.string ?? ""
    }

    private static func isUTF8(_ body: UnsafeBufferPointer<UInt8>) -> Bool {
        // ASCII, which nearly all requests are, needs no more than a look at the high bits.
        var bits: UInt8 = 0
        for byte in body { bits |= byte }
        return bits < 0x80 || String(validating: body, as: UTF8.self) != nil
    }

    private static func unknownKey(_ name: String, _ registry: RegistrySnapshot) -> TarnError {
        let hint =
            registry.entities[name].map {
                " The entity is asked for by \($0.joinKeys.joined(separator: " and "))."
            }
            ?? didYouMean(name, among: registry.joinKeys)
        return TarnError(
            .notFound, "No entity has the join key '\(name.prefix(200))'.\(hint)",
            context: [("join_key", name)])
    }

    /// Why the scanner gave up.
    private static func malformed(_ body: UnsafeBufferPointer<UInt8>) -> TarnError {
        let value: JSONValue
        do { value = try JSONValue.parse(body) } catch {
            return TarnError(
                .invalidInput, "The request is not JSON: \(error).",
                context: [("position", String(error.byteOffset))])
        }
        guard value.object != nil else {
            return TarnError(.invalidInput, "The request must be a JSON object.")
        }
        for name in ["full_feature_names", "include_feature_view_version_metadata"] {
            if let flag = value[name], flag.bool == nil, !flag.isNull {
                return TarnError(.invalidInput, "'\(name)' must be true or false.")
            }
        }
        return TarnError(
            .invalidInput,
            "'entities' must be an object that gives each join key a list of values, such as {\"user_id\": [1, 2]}."
        )
    }

    private static func wrongType(
        _ value: OnlineRequest.Value, _ name: String, _ type: DataType, _ body: UnsafeBufferPointer<UInt8>
    ) -> TarnError {
        TarnError(
            .invalidInput, "A value of the join key '\(name)' is no \(type.sqlName).",
            context: [("join_key", name), ("type", type.sqlName)])
    }
}
