package import Base
internal import TableModel

/// What applying a file of definitions changes.
package struct ApplyReport: Sendable {
    package enum Change: String, Sendable { case created, updated, unchanged, deleted }

    package struct Item: Hashable, Sendable {
        package var kind: DefinitionKind
        package var name: String
        package var change: Change
    }

    /// Entities, then views, then services, by name.
    package var items: [Item]

    package func count(_ change: Change) -> Int { items.count { $0.change == change } }

    package var json: JSONValue {
        .array(
            items.map {
                .object([
                    "kind": .string($0.kind.rawValue), "name": .string($0.name),
                    "change": .string($0.change.rawValue),
                ])
            })
    }
}

/// A file's definitions put beside the registry's: what there will be, and whether it holds together.
struct ApplyPlan {
    let file: DefinitionFile
    let registry: RegistrySnapshot
    /// Whether what the file does not name goes.
    let deletesOthers: Bool

    /// All entities, as they will be.
    var entities: [String: FeatureEntity] {
        var result = deletesOthers ? [:] : registry.entities
        for entity in file.definitions.entities { result[entity.name] = entity }
        return result
    }

    /// Views to look up in the catalog: the file's own, and those whose entities it changes.
    var viewsToResolve: [FeatureView] {
        let changed = Set(file.definitions.entities.filter { registry.entities[$0.name] != $0 }.map(\.name))
        let own = Set(file.definitions.views.map(\.name))
        let touched =
            deletesOthers
            ? []
            : registry.views.values.filter {
                !own.contains($0.name) && !changed.isDisjoint(with: $0.definition.entities)
            }.map(\.definition).sorted { $0.name < $1.name }
        return file.definitions.views + touched
    }

    /// The entities of a view.
    func entities(of view: FeatureView) throws(TarnError) -> [FeatureEntity] {
        let known = entities
        return try view.entities.mapTyped { name throws(TarnError) -> FeatureEntity in
            if let entity = known[name] { return entity }
            throw atLine(
                .featureView, view.name,
                TarnError(
                    .invalidInput,
                    "Feature view '\(view.name)' names the entity '\(name.prefix(100))', which does not exist."
                        + "\(didYouMean(name, among: known.keys.sorted()))",
                    context: [("feature_view", view.name), ("entity", name)]))
        }
    }

    /// Checks that services name what there will be.
    func checkServices(_ views: [String: RegisteredView]) throws(TarnError) {
        var services = deletesOthers ? [:] : registry.services
        for service in file.definitions.services { services[service.name] = service }
        let after = RegistrySnapshot(revision: 0, views: Array(views.values))
        for service in services.values.sorted(by: { $0.name < $1.name }) {
            do throws(TarnError) {
                _ = try ResolvedFeatures(service.selections, in: after, fullNames: true)
            } catch {
                throw atLine(
                    .featureService, service.name,
                    TarnError(
                        .invalidInput, "Feature service '\(service.name)': \(error.message)",
                        context: error.context.map { ($0.name, $0.value) }))
            }
        }
    }

    /// Adds the line of the definition to an error about it.
    func atLine(_ kind: DefinitionKind, _ name: String, _ error: TarnError) -> TarnError {
        guard let line = file.line(of: kind, name) else { return error }
        return TarnError(
            error.code, "Line \(line): \(error.message)",
            context: error.context.map { ($0.name, $0.value) } + [("line", String(line))], cause: error.cause)
    }
}

extension FeatureRows {
    /// Writes what changed; all in the caller's transaction.
    func apply(_ plan: ApplyPlan, views: [RegisteredView], at now: Int64) throws -> ApplyReport {
        var items: [ApplyReport.Item] = []
        for entity in plan.file.definitions.entities {
            let old = plan.registry.entities[entity.name]
            items.append(try put(.entity, entity.name, old.map { $0 == entity }, entity.json, at: now))
        }
        let own = Set(plan.file.definitions.views.map(\.name))
        for var view in views {
            let item = try put(&view, plan.registry.views[view.name], at: now)
            if own.contains(view.name) || item.change != .unchanged { items.append(item) }
        }
        for service in plan.file.definitions.services {
            let old = plan.registry.services[service.name]
            items.append(
                try put(.featureService, service.name, old.map { $0 == service }, service.json, at: now))
        }
        if plan.deletesOthers { items += try deleteOthers(plan) }
        if items.contains(where: { $0.change != .unchanged }) { try raiseRevision() }
        let order = DefinitionKind.allCases
        items.sort {
            (order.firstIndex(of: $0.kind) ?? 0, $0.name) < (order.firstIndex(of: $1.kind) ?? 0, $1.name)
        }
        return ApplyReport(items: items)
    }

    private func put(
        _ kind: DefinitionKind, _ name: String, _ isSame: Bool?, _ json: JSONValue, at now: Int64
    ) throws -> ApplyReport.Item {
        if isSame == true { return .init(kind: kind, name: name, change: .unchanged) }
        let version = (try version(kind, name) ?? 0) + 1
        try save(kind, name, version: version, definition: json, view: nil, at: now)
        return .init(kind: kind, name: name, change: isSame == nil ? .created : .updated)
    }

    private func put(_ view: inout RegisteredView, _ old: RegisteredView?, at now: Int64) throws
        -> ApplyReport.Item
    {
        let hasSameLayout = old.map { $0.joinKeys == view.joinKeys && $0.features == view.features } ?? false
        if let old, hasSameLayout, old.definition == view.definition {
            return .init(kind: .featureView, name: view.name, change: .unchanged)
        }
        view.version = (old?.version ?? 0) + 1
        view.onlineID = if let old, hasSameLayout { old.onlineID } else { try takeOnlineID() }
        try save(
            .featureView, view.name, version: view.version, definition: view.definition.json, view: view,
            at: now)
        return .init(kind: .featureView, name: view.name, change: old == nil ? .created : .updated)
    }

    private func deleteOthers(_ plan: ApplyPlan) throws -> [ApplyReport.Item] {
        let own = plan.file.definitions
        var gone: [(DefinitionKind, String)] = []
        gone += plan.registry.entities.keys.filter { own.entity($0) == nil }.map { (.entity, $0) }
        gone += plan.registry.views.keys.filter { own.view($0) == nil }.map { (.featureView, $0) }
        gone += plan.registry.services.keys.filter { own.service($0) == nil }.map { (.featureService, $0) }
        return try gone.map { kind, name in
            try delete(kind, name)
            return .init(kind: kind, name: name, change: .deleted)
        }
    }
}
