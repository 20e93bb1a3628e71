import TL

extension TelegramServer {
    func answerHelp(_ request: TLObject, _ caller: Caller) throws(Failure) -> TLValue? {
        let hour = TLValue.integer(caller.now.seconds + 3600)
        return switch request.name {
        case "help.getConfig": .object(config(caller))
        case "help.getNearestDc":
            .object(
                TLObject(
                    "nearestDc",
                    [
                        "country": "FI", "this_dc": .int(caller.dataCentre), "nearest_dc": .int(TelegramServer.dataCentre),
                    ]))
        case "help.getAppConfig":
            .object(TLObject("help.appConfig", ["hash": 1, "config": .object(TLObject("jsonObject", ["value": []]))]))
        case "help.getCdnConfig": .object(TLObject("cdnConfig", ["public_keys": []]))
        case "help.getPromoData": .object(TLObject("help.promoDataEmpty", ["expires": hour]))
        case "help.getTermsOfServiceUpdate": .object(TLObject("help.termsOfServiceUpdateEmpty", ["expires": hour]))
        case "help.getInviteText": .object(TLObject("help.inviteText", ["message": "Join the simulation"]))
        case "help.saveAppLog": true
        default: nil
        }
    }

    /// Every data centre's addresses, IPv4 before IPv6.
    func dcOptions() -> [TLObject] {
        dataCentreNumbers.flatMap { id in
            addresses(of: id).map { address in
                TLObject(
                    "dcOption",
                    [
                        "id": .int(id), "ip_address": .string(address.host), "port": .int(address.port), "ipv6": flag(address.isIPv6),
                        "this_port_only": true,
                    ])
            }
        }
    }

    /// Limits and addresses.
    private func config(_ caller: Caller) -> TLObject {
        return TLObject(
            "config",
            [
                "date": .integer(caller.now.seconds), "expires": .integer(caller.now.seconds + 3600), "test_mode": false,
                "this_dc": .int(caller.dataCentre), "dc_options": .objects(dcOptions()), "dc_txt_domain_name": "simulator.invalid",
                "chat_size_max": 200, "megagroup_size_max": 200_000, "forwarded_count_max": 100, "online_update_period_ms": 210_000,
                "offline_blur_timeout_ms": 5_000, "offline_idle_timeout_ms": 30_000, "online_cloud_timeout_ms": 300_000,
                "notify_cloud_delay_ms": 30_000, "notify_default_delay_ms": 1_500, "push_chat_period_ms": 60_000, "push_chat_limit": 2,
                "edit_time_limit": 172_800, "revoke_time_limit": 2_147_483_647, "revoke_pm_time_limit": 2_147_483_647,
                "rating_e_decay": 2_419_200, "stickers_recent_limit": 200, "channels_read_media_period": 604_800,
                "call_receive_timeout_ms": 20_000, "call_ring_timeout_ms": 90_000, "call_connect_timeout_ms": 30_000,
                "call_packet_timeout_ms": 10_000, "me_url_prefix": "https://t.me/", "caption_length_max": 1_024,
                "message_length_max": .int(world.limits.messageLength), "webfile_dc_id": 4,
            ])
    }
}
