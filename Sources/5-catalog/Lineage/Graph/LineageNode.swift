/// What data comes from or goes to, or what moves it.
package enum LineageKind: String, Hashable, Sendable, CaseIterable {
    case table, dataset, job
    case featureView = "feature_view"
    case featureService = "feature_service"
    case trainingSet = "training_set"
    case model
}

/// One node of the graph: a table of the catalog by its id, or anything else by namespace and name.
///
/// ```swift
/// let orders = LineageNode.table(id: entry.id, name: entry.name.description)
/// let topic = LineageNode(.dataset, namespace: "kafka://broker:9092", name: "orders")
/// ```
package struct LineageNode: Hashable, Sendable {
    /// Of tables and jobs of this lakehouse.
    package static let ownNamespace = "tarn"

    package let kind: LineageKind
    /// Of a table of the catalog.
    package let catalogID: String?
    package let namespace: String
    package let name: String
    /// What the statements write, for a job that stands for statements.
    package let subjectKey: String?

    package init(
        _ kind: LineageKind, namespace: String = ownNamespace, name: String, catalogID: String? = nil,
        subjectKey: String? = nil
    ) {
        self.kind = kind
        self.catalogID = catalogID
        self.namespace = namespace
        self.name = name
        self.subjectKey = subjectKey
    }

    package static func table(id: String, name: String) -> LineageNode {
        LineageNode(.table, name: name, catalogID: id)
    }

    /// A file or folder of this machine.
    package static func file(_ path: String) -> LineageNode {
        LineageNode(.dataset, namespace: "file", name: path)
    }

    /// What all statements of a kind that write one table count as.
    package static func statements(_ kind: String, writing target: LineageNode) -> LineageNode {
        LineageNode(
            .job, name: kind.lowercased().replacing(" ", with: "_") + " " + (target.catalogID ?? target.name),
            subjectKey: target.key)
    }

    /// The same for the same thing, whatever it is called by now.
    package var key: String {
        if let catalogID { return "\(kind.rawValue):\(catalogID)" }
        return "\(kind.rawValue):\(namespace.replacing("|", with: "||"))|\(name)"
    }

    /// Two nodes are the same if their keys are.
    package static func == (left: LineageNode, right: LineageNode) -> Bool { left.key == right.key }
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
