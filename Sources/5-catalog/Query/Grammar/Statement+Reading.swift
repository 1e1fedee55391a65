extension Statement {
    /// Whether it changes neither tables nor the catalog nor files: what a token for reading may run.
    var isReading: Bool {
        switch self {
        case .query, .explain, .show, .describeTable, .describeHistory, .describeDetail, .use, .set: true
        case .grant(let statement):
            switch statement {
            case .showGrants, .showPrincipals, .showMembers: true
            default: false
            }
        case .object(let statement):
            switch statement {
            case .show, .describe: true
            default: false
            }
        case .policy(.show), .view(.show): true
        default: false
        }
    }
}
