package import Catalog

/// The function of a row filter or a mask, with what it is called with.
package struct PolicyClause: Sendable {
    /// What stands in `ON (...)` or `USING COLUMNS (...)`.
    package enum Argument: Sendable {
        /// A column, or in a policy by tag the alias of one.
        case column(String)
        /// SQL of a literal.
        case constant(String)
    }
    package var function: ObjectName
    package var arguments: [Argument]
}

/// `CREATE [OR REPLACE] POLICY name ON TABLE t COLUMN MASK f TO ... FOR TABLES MATCH COLUMNS ...`.
package struct CreatePolicyStatement: Sendable {
    package var name: String
    package var orReplace: Bool
    package var scope: PolicyScope
    package var kind: TagPolicy.Kind
    package var comment: String?
    package var function: ObjectName
    /// Names of principals.
    package var to: [String]
    package var except: [String]
    package var tables: TagCondition?
    package var matches: [TagPolicy.Match]
    package var onColumn: String?
    package var arguments: [PolicyClause.Argument]
}

/// What a policy by tag is defined on.
package struct PolicyScope: Sendable {
    package var kind: SecurableKind
    package var name: ObjectName
}

/// What is said about policies outside of ALTER TABLE.
package enum PolicyStatement: Sendable {
    case create(CreatePolicyStatement)
    case drop(String, PolicyScope, ifExists: Bool)
    case show(PolicyScope)
}
