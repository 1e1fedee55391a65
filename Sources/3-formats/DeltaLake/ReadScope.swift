package import TableModel

/// What a transaction read, which decides whether another's commit disturbs it.
package struct ReadScope: Sendable {
    /// The conditions on the rows that were read; a row that meets one of them was read.
    ///
    /// Empty for a blind append, `[.always]` for the whole table.
    package var filters: [ScanFilter]
    /// Files that were read one by one, beyond those that the filters cover.
    package var files: Set<DataFileView>
    /// Applications whose recorded version was looked at.
    package var applications: Set<String>
    /// The transaction deletes or replaces every row that it read, and nothing depends on any other row.
    ///
    /// So it is with DELETE and UPDATE by a condition on the row itself. Then another's removal of rows disturbs only
    /// where it meets the same rows, or a file that is rewritten whole.
    package var changesAllItReads: Bool

    package init(
        filters: [ScanFilter] = [], files: Set<DataFileView> = [], applications: Set<String> = [],
        changesAllItReads: Bool = false
    ) {
        self.filters = filters
        self.files = files
        self.applications = applications
        self.changesAllItReads = changesAllItReads
    }

    /// An append that looked at no file.
    package static let nothing = ReadScope()
    /// An overwrite, or a statement whose filter is not known.
    package static let wholeTable = ReadScope(filters: [.always])
}

package enum IsolationLevel: String, Sendable, CaseIterable {
    /// Nobody's blind append disturbs a reader-writer: as if it had come later. Delta's default.
    case writeSerializable = "WriteSerializable"
    /// The log's order is the order in which everything could have happened.
    case serializable = "Serializable"

    /// As the table property `delta.isolationLevel` names it.
    package init?(ignoringCase text: String) {
        guard let level = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = level
    }
}
