import DeltaLake
import Engine
import TableModel

/// The columns that a Parquet file really has.
///
/// Files of one layout share one object, so that a scan can tell them apart by identity.
final class FileLayout: Sendable {
    let columns: [LayoutNode]
    /// Whether the file names its columns by number too.
    let hasFieldIDs: Bool

    init(_ columns: [LayoutNode]) {
        self.columns = columns
        hasFieldIDs = columns.contains { $0.fieldID != nil }
    }

    func column(_ field: SchemaField, _ mapping: ColumnMapping.Mode) -> LayoutNode? {
        LayoutNode.find(field, mapping, in: columns)
    }

    func column(named name: String) -> LayoutNode? {
        let lowered = name.lowercased()
        return columns.first { $0.name.lowercased() == lowered }
    }
}

/// A column or a part of one, as the engine sees it in a file.
struct LayoutNode: Sendable {
    let name: String
    var fieldID: Int?
    let type: EngineType
    /// Members of a structure; the element of a list; key and value of a map.
    var children: [LayoutNode]

    init(_ name: String, _ type: EngineType) {
        self.name = name
        self.type = type
        switch type {
        case .structure(let fields): children = fields.map { LayoutNode($0.name, $0.type) }
        case .list(let element): children = [LayoutNode("element", element)]
        case .map(let key, let value): children = [LayoutNode("key", key), LayoutNode("value", value)]
        default: children = []
        }
    }

    /// The part that holds a field of the schema: by id where the table maps so and the file has ids, else by name.
    static func find(
        _ field: SchemaField, _ mapping: ColumnMapping.Mode, in nodes: [LayoutNode]
    ) -> LayoutNode? {
        if mapping == .id, let id = field.fieldID, nodes.contains(where: { $0.fieldID != nil }) {
            return nodes.first { $0.fieldID == id }
        }
        let lowered = field.physicalName(mapping).lowercased()
        return nodes.first { $0.name.lowercased() == lowered }
    }
}

/// An element of a Parquet file's own schema.
struct ParquetElement {
    let name: String
    let fieldID: Int?
    let isRepeated: Bool
    let childCount: Int
}

extension LayoutNode {
    /// Takes over the field ids from a Parquet schema, which has groups around list elements that the engine hides.
    ///
    /// Where the two do not fit each other the ids are left out, and names decide.
    static func adding(_ elements: [ParquetElement], to columns: [LayoutNode]) -> [LayoutNode] {
        var reader = ElementReader(elements: elements)
        guard let root = reader.next(), root.children.count == columns.count else { return columns }
        return zip(columns, root.children).map { $0.annotated(by: $1) }
    }

    private func annotated(by element: ElementReader.Tree) -> LayoutNode {
        var node = self
        node.fieldID = element.element.fieldID
        switch type {
        case .structure where element.children.count == children.count:
            node.children = zip(children, element.children).map { $0.annotated(by: $1) }
        case .list:
            guard let group = element.children.first, let child = children.first else { return node }
            // In old files the repeated part is the element itself.
            let inner = group.children.count == 1 ? group.children[0] : group
            node.children = [child.annotated(by: inner)]
        case .map:
            guard let group = element.children.first, group.children.count == 2, children.count == 2 else {
                return node
            }
            node.children = zip(children, group.children).map { $0.annotated(by: $1) }
        default: break
        }
        return node
    }

    private struct ElementReader {
        struct Tree {
            let element: ParquetElement
            var children: [Tree]
        }
        let elements: [ParquetElement]
        var position = 0

        mutating func next() -> Tree? {
            guard position < elements.count else { return nil }
            var tree = Tree(element: elements[position], children: [])
            position += 1
            for _ in 0..<max(0, tree.element.childCount) {
                guard let child = next() else { return nil }
                tree.children.append(child)
            }
            return tree
        }
    }
}
