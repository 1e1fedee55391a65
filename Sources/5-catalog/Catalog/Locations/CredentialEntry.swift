import Base

/// How files elsewhere are opened.
package struct CredentialEntry: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// `role_arn`, `external_id`.
        case awsIAMRole = "aws_iam_role"
        /// `access_key_id`, secret `secret_access_key`; `endpoint`, `region`: S3 and what speaks its protocol.
        case awsAccessKey = "aws_access_key"
        /// `directory_id`, `application_id`, secret `client_secret`.
        case azureServicePrincipal = "azure_service_principal"
        /// `access_connector_id`, `managed_identity_id`.
        case azureManagedIdentity = "azure_managed_identity"
        /// `email`, `private_key_id`, secret `private_key`.
        case gcpServiceAccount = "gcp_service_account"
        /// A folder of this machine: nothing is needed.
        case local

        /// What has to be given.
        var required: [String] {
            switch self {
            case .awsIAMRole: ["role_arn"]
            case .awsAccessKey: ["access_key_id", "secret_access_key"]
            case .azureServicePrincipal: ["directory_id", "application_id", "client_secret"]
            case .azureManagedIdentity: ["access_connector_id"]
            case .gcpServiceAccount: ["email", "private_key_id", "private_key"]
            case .local: []
            }
        }

        /// What is never shown again.
        static let secret: Set<String> = [
            "secret_access_key", "client_secret", "private_key", "session_token",
        ]
    }

    package let securable: Securable
    package let kind: Kind
    /// What is no secret: `role_arn`.
    package let facts: [String: String]
    package let isReadOnly: Bool
    /// What it opens: `STORAGE` or `SERVICE`.
    package let purpose: String

    init(_ securable: Securable) throws {
        let detail = try? JSONValue.parse(securable.detail)
        guard let kind = detail?["kind"]?.string.flatMap(Kind.init) else {
            throw TarnError(
                .unsupported,
                "Credential \(QualifiedName.quotedIfNeeded(securable.name)) is of a kind that this version of Tarn does not know."
            )
        }
        self.securable = securable
        self.kind = kind
        facts = (detail?["facts"]?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string }
        isReadOnly = detail?["read_only"]?.bool ?? false
        purpose = detail?["purpose"]?.string ?? "STORAGE"
    }

    package var id: String { securable.id }
    package var name: String { securable.name }
    package var comment: String? { securable.comment }
}

/// What a credential is made of.
package struct CredentialDefinition: Hashable, Sendable {
    package var kind: CredentialEntry.Kind
    /// The facts and the secrets of its kind, by Unity Catalog's names.
    package var values: [String: String]
    package var isReadOnly: Bool
    package var purpose: String

    package init(
        _ kind: CredentialEntry.Kind, _ values: [String: String] = [:], isReadOnly: Bool = false,
        purpose: String = "STORAGE"
    ) {
        self.kind = kind
        self.values = values
        self.isReadOnly = isReadOnly
        self.purpose = purpose
    }

    func check() throws(TarnError) {
        for name in kind.required where values[name]?.isEmpty ?? true {
            throw TarnError(.invalidInput, "A credential of kind \(kind.rawValue) needs \(name).")
        }
        if !["STORAGE", "SERVICE"].contains(purpose) {
            throw TarnError(.invalidInput, "The purpose of a credential is STORAGE or SERVICE.")
        }
        if values.values.contains(where: { $0.utf8.count > 65_536 }) {
            throw TarnError(.invalidInput, "A value of a credential is longer than 64 KiB.")
        }
    }

    var detail: String {
        let facts = values.filter { !CredentialEntry.Kind.secret.contains($0.key) }
        return JSONValue.object([
            "kind": .string(kind.rawValue), "read_only": .bool(isReadOnly), "purpose": .string(purpose),
            "facts": .object(
                JSONObject(facts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]).jsonText
    }

    var secrets: [String: String] { values.filter { CredentialEntry.Kind.secret.contains($0.key) } }
}
