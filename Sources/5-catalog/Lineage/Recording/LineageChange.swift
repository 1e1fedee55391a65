/// That something was made from something else: by one statement, run or definition.
package struct LineageChange: Sendable {
    package struct Use: Hashable, Sendable {
        package var node: LineageNode
        package var version: Int64?

        package init(_ node: LineageNode, version: Int64? = nil) {
            self.node = node
            self.version = version
        }
    }

    package var sources: [Use]
    package var targets: [Use]
    package var job: LineageNode?
    package var columns: [ColumnEdge]
    /// `INSERT`, `MERGE`, `training set`, `materialise`, ...
    package var statementKind: String
    /// The id of the principal.
    package var principal: String
    package var timeMicroseconds: Int64

    package init(
        sources: [Use], targets: [Use], job: LineageNode? = nil, columns: [ColumnEdge] = [],
        statementKind: String, principal: String, timeMicroseconds: Int64
    ) {
        self.sources = sources
        self.targets = targets
        self.job = job
        self.columns = columns
        self.statementKind = statementKind
        self.principal = principal
        self.timeMicroseconds = timeMicroseconds
    }
}

/// That the values of one column are made from those of another.
package struct ColumnEdge: Hashable, Sendable {
    /// Stands for all columns of a target: the source's column decides which rows there are.
    package static let everyColumn = "*"

    package var source: LineageNode
    package var sourceColumn: String
    package var target: LineageNode
    package var targetColumn: String

    package init(source: LineageNode, column: String, target: LineageNode, column targetColumn: String) {
        self.source = source
        sourceColumn = column
        self.target = target
        self.targetColumn = targetColumn
    }
}
