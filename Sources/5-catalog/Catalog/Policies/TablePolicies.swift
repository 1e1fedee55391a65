/// A row filter or a column mask as it holds for one principal on one table.
package struct Policy: Hashable, Sendable {
    /// What an argument of the function is.
    package enum Argument: Hashable, Sendable {
        /// A column by its key.
        case column(String)
        /// SQL of a literal.
        case constant(String)
    }

    package let function: PolicyFunction
    package let arguments: [Argument]

    package init(function: PolicyFunction, arguments: [Argument]) {
        self.function = function
        self.arguments = arguments
    }
}

/// A function with the one whose rights its body reads tables with.
package struct PolicyFunction: Hashable, Sendable {
    package let entry: FunctionEntry
    /// `.system` where the administrators own it.
    package let owner: Principal

    package init(entry: FunctionEntry, owner: Principal) {
        self.entry = entry
        self.owner = owner
    }
}

/// The policies that hold for one principal on one table.
package struct TablePolicies: Hashable, Sendable {
    /// A row is there only if each of them is true.
    package var rowFilters: [Policy] = []
    /// By the column's key: what takes the place of the column's values.
    package var masks: [String: Policy] = [:]

    package init(rowFilters: [Policy] = [], masks: [String: Policy] = [:]) {
        self.rowFilters = rowFilters
        self.masks = masks
    }

    package var isEmpty: Bool { rowFilters.isEmpty && masks.isEmpty }
}

/// A column as policies and tags name it.
package struct ColumnKey: Hashable, Sendable {
    /// The physical name under column mapping, else the name; always in lower case here, so that a table that turns
    /// column mapping on keeps its policies.
    package let key: String
    package let name: String

    package init(key: String, name: String) {
        self.key = key.lowercased()
        self.name = name
    }
}
