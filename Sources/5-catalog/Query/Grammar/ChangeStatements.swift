package import TableModel

/// `INSERT`: adds rows, or takes the place of some or all.
package struct InsertStatement: Sendable {
    /// Which rows go for the new ones.
    package enum Replacing: Sendable {
        case nothing
        case everything
        /// The rows that meet a condition; the new ones have to meet it too.
        case matching(Range<Int>)
        /// The partitions that the new rows fall into, named by all partition columns.
        case partitions([String])
    }

    package var name: ObjectName
    package var replacing: Replacing = .nothing
    package var byName = false
    package var columns: [String]?
    /// `PARTITION (day = '2026-01-31', country)`: the values given take a place behind the query's columns.
    package var partition: [PartitionEntry]?
    /// Columns that the table lacks join it.
    package var evolvesSchema = false
    package var query: Range<Int>
}

/// One column of `PARTITION (...)`, with its value if it is given.
package struct PartitionEntry: Sendable {
    package var column: String
    package var value: Range<Int>?
}

/// `DELETE FROM name [AS alias] [WHERE condition]`.
package struct DeleteStatement: Sendable {
    package var name: ObjectName
    package var alias: String?
    package var condition: Range<Int>?
}

/// `UPDATE name [AS alias] SET column = value, ... [WHERE condition]`.
package struct UpdateStatement: Sendable {
    package var name: ObjectName
    package var alias: String?
    package var assignments: [Assignment]
    package var condition: Range<Int>?
}

/// `column = value`.
package struct Assignment: Sendable {
    package var column: ColumnPath
    /// From the name to the equals sign.
    package var head: Range<Int>
    /// `nil` is `DEFAULT`.
    package var value: Range<Int>?
}

/// `MERGE INTO target USING source ON condition WHEN ...`.
package struct MergeStatement: Sendable {
    package var name: ObjectName
    package var alias: String?
    /// With its alias and its time travel.
    package var source: Range<Int>
    package var sourceAlias: String?
    package var condition: Range<Int>
    package var evolvesSchema: Bool
    package var clauses: [MergeClauseStatement]
}

/// One `WHEN ... THEN ...`.
package struct MergeClauseStatement: Sendable {
    package enum Kind: Sendable { case matched, notMatched, notMatchedBySource }
    package enum Action: Sendable {
        case update([Assignment])
        case updateAll
        case delete
        /// Columns and values; a value of `nil` is `DEFAULT`.
        case insert([String], [Range<Int>?])
        /// Values for all columns in order.
        case insertValues([Range<Int>?])
        case insertAll
        case nothing
    }

    package var kind: Kind
    package var condition: Range<Int>?
    package var action: Action
    /// Of the word WHEN.
    package var offset: Int
}
