import Base
import HTTPTypes

/// Unity Catalog's words for errors, and the status that each has in its own API.
struct UnityError: Sendable {
    let code: String
    let status: HTTPResponse.Status
    /// The word of the Delta API for it.
    let deltaType: String
    /// The Delta API's status: it answers 409 where the older one answers 400.
    let deltaStatus: HTTPResponse.Status

    private init(
        _ code: String, _ status: HTTPResponse.Status, _ deltaType: String,
        delta: HTTPResponse.Status? = nil
    ) {
        self.code = code
        self.status = status
        self.deltaType = deltaType + "Exception"
        deltaStatus = delta ?? status
    }

    init(_ error: TarnError) {
        self = Self.special[error.code] ?? Self.general(error)
    }

    private static func general(_ error: TarnError) -> UnityError {
        let kind = error.context.first?.name ?? ""
        return switch error.code {
        case .invalidInput, .schemaMismatch, .constraintViolation:
            UnityError("INVALID_ARGUMENT", .badRequest, "InvalidParameterValue")
        case .notFound:
            switch kind {
            case "catalog": UnityError("CATALOG_NOT_FOUND", .notFound, "NoSuchCatalog")
            case "schema": UnityError("SCHEMA_NOT_FOUND", .notFound, "NoSuchSchema")
            case "table": UnityError("TABLE_NOT_FOUND", .notFound, "NoSuchTable")
            default: UnityError("NOT_FOUND", .notFound, "NotFound")
            }
        case .alreadyExists: taken(kind)
        case .unauthenticated: UnityError("UNAUTHENTICATED", .unauthorized, "NotAuthorized")
        case .permissionDenied: UnityError("PERMISSION_DENIED", .forbidden, "PermissionDenied")
        case .conflict:
            kind == "requirement"
                ? UnityError("UPDATE_REQUIREMENT_CONFLICT", .conflict, "UpdateRequirementConflict")
                : UnityError("COMMIT_VERSION_CONFLICT", .conflict, "CommitVersionConflict")
        case .failedPrecondition:
            UnityError("FAILED_PRECONDITION", .badRequest, "InvalidParameterValue")
        case .unsupported: UnityError("UNIMPLEMENTED", .notImplemented, "NotImplemented")
        case .resourceExhausted: UnityError("RESOURCE_EXHAUSTED", .tooManyRequests, "ResourceExhausted")
        case .cancelled, .storage:
            UnityError("UNAVAILABLE", .serviceUnavailable, "InternalServerError")
        case .corruptMetadata: UnityError("DATA_LOSS", .internalServerError, "InternalServerError")
        default: UnityError("INTERNAL", .internalServerError, "InternalServerError")
        }
    }

    private static func taken(_ kind: String) -> UnityError {
        let code =
            switch kind {
            case "catalog": "CATALOG_ALREADY_EXISTS"
            case "schema": "SCHEMA_ALREADY_EXISTS"
            case "table": "TABLE_ALREADY_EXISTS"
            case "credential": "STORAGE_CREDENTIAL_ALREADY_EXISTS"
            case "external_location": "EXTERNAL_LOCATION_ALREADY_EXISTS"
            case "registered_model": "ALREADY_EXISTS"
            default: "RESOURCE_ALREADY_EXISTS"
            }
        return UnityError(
            code, code == "ALREADY_EXISTS" ? .conflict : .badRequest, "AlreadyExists", delta: .conflict)
    }

    private static let special: [TarnError.Code: UnityError] = [
        .unsupportedTableFormat: UnityError(
            "UNSUPPORTED_TABLE_FORMAT", .badRequest, "UnsupportedTableFormat")
    ]

    /// The words of an answer that no handler made: `UNAUTHENTICATED`, `NOT_FOUND`, `REQUEST_TOO_LARGE`.
    static func deltaType(ofCode code: String) -> String {
        switch code {
        case "UNAUTHENTICATED": "NotAuthorizedException"
        case "NOT_FOUND": "NotFoundException"
        case "PERMISSION_DENIED": "PermissionDeniedException"
        case "RESOURCE_EXHAUSTED", "TOO_MANY_REQUESTS": "TooManyRequestsException"
        case "INTERNAL": "InternalServerErrorException"
        default: "BadRequestException"
        }
    }

    /// `{"error_code", "message", "details"}`.
    static func body(_ code: String, _ message: String) -> JSONValue {
        .object([
            "error_code": .string(code), "message": .string(message),
            "details": .array([
                .object([
                    "@type": .string("type.googleapis.com/google.rpc.ErrorInfo"), "reason": .string(code),
                ])
            ]),
        ])
    }

    /// `{"error": {"message", "type", "code"}}`.
    static func deltaBody(_ type: String, _ message: String, _ status: HTTPResponse.Status) -> JSONValue {
        .object([
            "error": .object([
                "message": .string(message), "type": .string(type), "code": .int(status.code),
            ])
        ])
    }
}

extension TarnError.Code {
    /// The Delta API speaks of Delta tables only.
    static let unsupportedTableFormat = TarnError.Code(rawValue: "UNSUPPORTED_TABLE_FORMAT")
}
