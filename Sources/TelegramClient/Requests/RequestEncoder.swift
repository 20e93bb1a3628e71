import TL

/// Who we say we are. Keep it constant per account: a change looks like another device.
public struct ClientIdentity: Hashable, Sendable {
    /// The application's own id from https://my.telegram.org
    public var apiID: Int32
    public var deviceModel: String
    public var systemVersion: String
    public var appVersion: String
    /// IETF language tags.
    public var systemLanguage: String
    public var language: String
    /// Empty unless the api_id belongs to an official client.
    public var languagePack: String

    public init(
        apiID: Int32, deviceModel: String = "Server", systemVersion: String = "Linux", appVersion: String = "1.0",
        systemLanguage: String = "en", language: String = "en", languagePack: String = ""
    ) {
        self.apiID = apiID
        self.deviceModel = deviceModel
        self.systemVersion = systemVersion
        self.appVersion = appVersion
        self.systemLanguage = systemLanguage
        self.language = language
        self.languagePack = languagePack
    }
}

/// Turns calls into bytes for a connection of one kind.
///
/// Until one answer has come on a connection, the session puts `connectionPrefix` before each call.
/// Source: https://core.telegram.org/api/invoking
public struct RequestEncoder: Sendable {
    public let identity: ClientIdentity
    /// The layer that is declared, and in whose forms calls are written.
    public let layer: Int32
    /// Connections that should not be sent updates say so at every call.
    public let withoutUpdates: Bool

    public init(identity: ClientIdentity, layer: Int32 = TL.newestLayer, withoutUpdates: Bool = false) {
        self.identity = identity
        self.layer = layer
        self.withoutUpdates = withoutUpdates
    }

    /// The call as bytes. Throws when the layer has no such method or a field does not fit.
    public func encode(_ call: TLObject) throws(TLError) -> [UInt8] {
        if !withoutUpdates { return try TL.encode(call, layer: layer) }
        return try TL.encode(TLObject("invokeWithoutUpdates", ["query": .object(call)]), layer: layer)
    }

    /// `invokeWithLayer(initConnection(` up to its query.
    public func connectionPrefix() throws(TLError) -> [UInt8] {
        let query = TLObject("help.getConfig")
        let inner = TLObject(
            "initConnection",
            [
                "api_id": .integer(Int64(identity.apiID)), "device_model": .string(identity.deviceModel),
                "system_version": .string(identity.systemVersion), "app_version": .string(identity.appVersion),
                "system_lang_code": .string(identity.systemLanguage), "lang_pack": .string(identity.languagePack),
                "lang_code": .string(identity.language), "query": .object(query),
            ])
        let whole = TLObject("invokeWithLayer", ["layer": .integer(Int64(layer)), "query": .object(inner)])
        return try TL.encode(whole, layer: layer).dropLast(TL.encode(query, layer: layer).count)
    }
}
