// Made by `tl-import projections` from Projections.list; do not edit.
// swift-format-ignore-file

enum ProjectionTable {
    /// CRC-32 of Projections.list: a test compares it.
    static let listChecksum: UInt32 = 0xade58e2c

    /// A constructor a line: number of its type, number of its case, name, then slot:field:type of what is read.
    static let text: StaticString = """
0 0 peerUser 0:user_id:long
0 1 peerChat 0:chat_id:long
0 2 peerChannel 0:channel_id:long
1 0 messageEmpty 0:id:int 1:peer_id:Peer
1 1 message 0:id:int 1:peer_id:Peer 2:from_id:Peer 3:saved_peer_id:Peer 4:fwd_from:MessageFwdHeader 5:via_bot_id:long 6:via_business_bot_id:long 7:reply_to:MessageReplyHeader 8:date:int 9:message:string 10:media:MessageMedia 11:entities:Vector<MessageEntity> 12:views:int 13:forwards:int 14:replies:MessageReplies 15:edit_date:int 16:post_author:string 17:grouped_id:long 18:reactions:MessageReactions 19:restriction_reason:Vector<RestrictionReason> 20:ttl_period:int 21:out:true 22:mentioned:true 23:media_unread:true 24:silent:true 25:post:true 26:from_scheduled:true 27:legacy:true 28:edit_hide:true 29:pinned:true 30:noforwards:true 31:offline:true 32:effect:long 33:from_boosts_applied:int
1 2 messageService 0:id:int 1:peer_id:Peer 2:from_id:Peer 3:saved_peer_id:Peer 7:reply_to:MessageReplyHeader 8:date:int 34:action:MessageAction 18:reactions:MessageReactions 20:ttl_period:int 21:out:true 22:mentioned:true 23:media_unread:true 24:silent:true 25:post:true 27:legacy:true
2 0 messageEntityPre 0:offset:int 1:length:int 2:language:string
2 1 messageEntityTextUrl 0:offset:int 1:length:int 3:url:string
2 2 messageEntityMentionName 0:offset:int 1:length:int 4:user_id:long
2 3 messageEntityCustomEmoji 0:offset:int 1:length:int 5:document_id:long
2 4 messageEntityBlockquote 0:offset:int 1:length:int 6:collapsed:true
2 5 messageEntityFormattedDate 0:offset:int 1:length:int 7:date:int
2 6 inputMessageEntityMentionName 0:offset:int 1:length:int
2 7 messageEntityBankCard 0:offset:int 1:length:int
2 8 messageEntityBold 0:offset:int 1:length:int
2 9 messageEntityBotCommand 0:offset:int 1:length:int
2 10 messageEntityCashtag 0:offset:int 1:length:int
2 11 messageEntityCode 0:offset:int 1:length:int
2 12 messageEntityDiffDelete 0:offset:int 1:length:int
2 13 messageEntityDiffInsert 0:offset:int 1:length:int
2 14 messageEntityDiffReplace 0:offset:int 1:length:int
2 15 messageEntityEmail 0:offset:int 1:length:int
2 16 messageEntityHashtag 0:offset:int 1:length:int
2 17 messageEntityItalic 0:offset:int 1:length:int
2 18 messageEntityMention 0:offset:int 1:length:int
2 19 messageEntityPhone 0:offset:int 1:length:int
2 20 messageEntitySpoiler 0:offset:int 1:length:int
2 21 messageEntityStrike 0:offset:int 1:length:int
2 22 messageEntityUnderline 0:offset:int 1:length:int
2 23 messageEntityUnknown 0:offset:int 1:length:int
2 24 messageEntityUrl 0:offset:int 1:length:int
3 0 messageReplyHeader 0:reply_to_msg_id:int 1:reply_to_peer_id:Peer 2:reply_from:MessageFwdHeader 3:reply_to_top_id:int 4:quote_text:string 5:quote_entities:Vector<MessageEntity> 6:quote_offset:int 7:forum_topic:true 8:quote:true 9:reply_to_scheduled:true
3 1 messageReplyStoryHeader 10:peer:Peer 11:story_id:int
4 0 messageFwdHeader 0:from_id:Peer 1:from_name:string 2:date:int 3:channel_post:int 4:post_author:string 5:saved_from_peer:Peer 6:saved_from_msg_id:int 7:saved_from_id:Peer 8:saved_from_name:string 9:saved_date:int 10:psa_type:string 11:imported:true 12:saved_out:true
5 0 messageReactions 0:results:Vector<ReactionCount> 1:recent_reactions:Vector<MessagePeerReaction> 2:min:true 3:can_see_list:true 4:reactions_as_tags:true
6 0 reactionCount 0:reaction:Reaction 1:count:int 2:chosen_order:int
7 0 messagePeerReaction 0:peer_id:Peer 1:date:int 2:reaction:Reaction 3:big:true
8 0 reactionEmpty
8 1 reactionEmoji 0:emoticon:string
8 2 reactionCustomEmoji 0:document_id:long
8 3 reactionPaid
9 0 messageReplies 0:replies:int 1:replies_pts:int 2:channel_id:long 3:max_id:int 4:comments:true
10 0 restrictionReason 0:platform:string 1:reason:string 2:text:string
11 0 messageMediaEmpty
11 1 messageMediaPhoto 0:photo:Photo 1:ttl_seconds:int 2:spoiler:true
11 2 messageMediaGeo 0:geo:GeoPoint
11 3 messageMediaContact 0:phone_number:string 1:first_name:string 2:last_name:string 3:vcard:string 4:user_id:long
11 4 messageMediaUnsupported
11 5 messageMediaDocument 0:document:Document 1:ttl_seconds:int 2:spoiler:true 3:video:true 4:round:true 5:voice:true 6:nopremium:true
11 6 messageMediaWebPage 0:webpage:WebPage
11 7 messageMediaVenue 0:geo:GeoPoint 1:title:string 2:address:string 3:provider:string 4:venue_id:string 5:venue_type:string
11 8 messageMediaGame 0:game:Game
11 9 messageMediaInvoice 0:title:string 1:description:string 2:currency:string 3:total_amount:long 4:receipt_msg_id:int 5:test:true
11 10 messageMediaGeoLive 0:geo:GeoPoint 1:heading:int 2:period:int 3:proximity_notification_radius:int
11 11 messageMediaPoll 0:poll:Poll 1:results:PollResults
11 12 messageMediaDice 0:value:int 1:emoticon:string
11 13 messageMediaStory 0:peer:Peer 1:id:int
11 14 messageMediaGiveaway 0:channels:Vector<long> 1:quantity:int 2:until_date:int 3:months:int 4:stars:long 5:prize_description:string
11 15 messageMediaGiveawayResults 0:channel_id:long 1:launch_msg_id:int 2:winners_count:int 3:unclaimed_count:int 4:winners:Vector<long> 5:until_date:int
11 16 messageMediaPaidMedia 0:stars_amount:long
11 17 messageMediaToDo 0:todo:TodoList
12 0 photoEmpty 0:id:long
12 1 photo 0:id:long 1:access_hash:long 2:file_reference:bytes 3:date:int 4:sizes:Vector<PhotoSize> 5:dc_id:int 6:has_stickers:true
13 0 photoSizeEmpty 0:type:string
13 1 photoSize 0:type:string 1:w:int 2:h:int 3:size:int
13 2 photoCachedSize 0:type:string 1:w:int 2:h:int 4:bytes:bytes
13 3 photoStrippedSize 0:type:string 4:bytes:bytes
13 4 photoSizeProgressive 0:type:string 1:w:int 2:h:int 5:sizes:Vector<int>
13 5 photoPathSize 0:type:string 4:bytes:bytes
14 0 documentEmpty 0:id:long
14 1 document 0:id:long 1:access_hash:long 2:file_reference:bytes 3:date:int 4:mime_type:string 5:size:long 6:thumbs:Vector<PhotoSize> 7:dc_id:int 8:attributes:Vector<DocumentAttribute>
15 0 documentAttributeImageSize 0:w:int 1:h:int
15 1 documentAttributeAnimated
15 2 documentAttributeSticker 0:alt:string 1:mask:true
15 3 documentAttributeVideo 0:duration:double 1:w:int 2:h:int 3:round_message:true 4:supports_streaming:true 5:nosound:true
15 4 documentAttributeAudio 0:duration:int 1:title:string 2:performer:string 3:waveform:bytes 4:voice:true
15 5 documentAttributeFilename 0:file_name:string
15 6 documentAttributeHasStickers
15 7 documentAttributeCustomEmoji 0:alt:string 1:free:true
16 0 webPageEmpty 0:id:long 1:url:string
16 1 webPagePending 0:id:long 1:url:string 2:date:int
16 2 webPage 0:id:long 1:url:string 3:display_url:string 4:hash:int 5:type:string 6:site_name:string 7:title:string 8:description:string 9:photo:Photo 10:embed_url:string 11:duration:int 12:author:string 13:document:Document
16 3 webPageNotModified
17 0 geoPointEmpty
17 1 geoPoint 0:long:double 1:lat:double 2:access_hash:long 3:accuracy_radius:int
18 0 game 0:id:long 1:access_hash:long 2:short_name:string 3:title:string 4:description:string
19 0 poll 0:id:long 1:question:TextWithEntities 2:answers:Vector<PollAnswer> 3:closed:true 4:public_voters:true 5:multiple_choice:true 6:quiz:true 7:close_period:int 8:close_date:int
20 0 pollAnswer 0:text:TextWithEntities 1:option:bytes
21 0 pollResults 0:results:Vector<PollAnswerVoters> 1:total_voters:int 2:solution:string 3:min:true
22 0 pollAnswerVoters 0:option:bytes 1:voters:int 2:chosen:true 3:correct:true
23 0 textWithEntities 0:text:string 1:entities:Vector<MessageEntity>
24 0 todoList 0:title:TextWithEntities 1:list:Vector<TodoItem>
25 0 todoItem 0:id:int 1:title:TextWithEntities
26 0 messageActionEmpty
26 1 messageActionChatCreate 0:title:string 1:users:Vector<long>
26 2 messageActionChatEditTitle 0:title:string
26 3 messageActionChatEditPhoto 0:photo:Photo
26 4 messageActionChatDeletePhoto
26 5 messageActionChatAddUser 0:users:Vector<long>
26 6 messageActionChatDeleteUser 0:user_id:long
26 7 messageActionChatJoinedByLink 0:inviter_id:long
26 8 messageActionChannelCreate 0:title:string
26 9 messageActionChatMigrateTo 0:channel_id:long
26 10 messageActionChannelMigrateFrom 0:title:string 1:chat_id:long
26 11 messageActionPinMessage
26 12 messageActionHistoryClear
26 13 messageActionGameScore 0:game_id:long 1:score:int
26 14 messageActionPhoneCall 0:call_id:long 1:duration:int 2:video:true
26 15 messageActionScreenshotTaken
26 16 messageActionCustomAction 0:message:string
26 17 messageActionContactSignUp
26 18 messageActionGeoProximityReached 0:from_id:Peer 1:to_id:Peer 2:distance:int
26 19 messageActionGroupCall 0:duration:int
26 20 messageActionInviteToGroupCall 0:users:Vector<long>
26 21 messageActionSetMessagesTTL 0:period:int 1:auto_setting_from:long
26 22 messageActionGroupCallScheduled 0:schedule_date:int
26 23 messageActionChatJoinedByRequest
26 24 messageActionTopicCreate 0:title:string 1:icon_color:int 2:icon_emoji_id:long
26 25 messageActionTopicEdit 0:title:string 1:icon_emoji_id:long 2:closed:Bool 3:hidden:Bool
26 26 messageActionSuggestProfilePhoto 0:photo:Photo
26 27 messageActionBoostApply 0:boosts:int
26 28 messageActionGiveawayLaunch 0:stars:long
26 29 messageActionGiveawayResults 0:winners_count:int 1:unclaimed_count:int
27 0 userEmpty 0:id:long
27 1 user 0:id:long 1:access_hash:long 2:first_name:string 3:last_name:string 4:username:string 5:usernames:Vector<Username> 6:phone:string 7:photo:UserProfilePhoto 8:status:UserStatus 9:restriction_reason:Vector<RestrictionReason> 10:lang_code:string 11:self:true 12:contact:true 13:mutual_contact:true 14:deleted:true 15:bot:true 16:verified:true 17:restricted:true 18:min:true 19:support:true 20:scam:true 21:fake:true 22:premium:true 23:apply_min_photo:true
28 0 username 0:username:string 1:editable:true 2:active:true
29 0 userProfilePhotoEmpty
29 1 userProfilePhoto 0:photo_id:long 1:dc_id:int 2:has_video:true
30 0 userStatusEmpty
30 1 userStatusOnline 0:expires:int
30 2 userStatusOffline 0:was_online:int
30 3 userStatusRecently
30 4 userStatusLastWeek
30 5 userStatusLastMonth
31 0 chatEmpty 0:id:long
31 1 chat 0:id:long 1:title:string 2:photo:ChatPhoto 3:participants_count:int 4:date:int 5:version:int 6:migrated_to:InputChannel 7:creator:true 8:left:true 9:deactivated:true 10:noforwards:true
31 2 chatForbidden 0:id:long 1:title:string
31 3 channel 0:id:long 11:access_hash:long 1:title:string 12:username:string 13:usernames:Vector<Username> 2:photo:ChatPhoto 4:date:int 3:participants_count:int 14:restriction_reason:Vector<RestrictionReason> 15:level:int 7:creator:true 8:left:true 16:broadcast:true 17:verified:true 18:megagroup:true 19:restricted:true 20:signatures:true 21:min:true 22:scam:true 23:fake:true 24:gigagroup:true 10:noforwards:true 25:forum:true 26:join_to_send:true 27:join_request:true 28:slowmode_enabled:true 29:has_link:true 30:monoforum:true 31:linked_monoforum_id:long
31 4 channelForbidden 0:id:long 11:access_hash:long 1:title:string 32:until_date:int 16:broadcast:true 18:megagroup:true
31 5 communityForbidden 0:id:long 11:access_hash:long 1:title:string
31 6 community 0:id:long 11:access_hash:long 1:title:string 2:photo:ChatPhoto 4:date:int 7:creator:true 8:left:true 21:min:true
32 0 chatPhotoEmpty
32 1 chatPhoto 0:photo_id:long 1:dc_id:int 2:has_video:true
33 0 inputChannelEmpty
33 1 inputChannel 0:channel_id:long 1:access_hash:long
34 0 dialog 0:peer:Peer 1:top_message:int 2:read_inbox_max_id:int 3:read_outbox_max_id:int 4:unread_count:int 5:pts:int 6:folder_id:int 7:ttl_period:int 8:pinned:true
34 1 dialogFolder 0:peer:Peer 1:top_message:int 8:pinned:true
35 0 forumTopicDeleted 0:id:int
35 1 forumTopic 0:id:int 1:date:int 2:title:string 3:icon_color:int 4:icon_emoji_id:long 5:top_message:int 6:from_id:Peer 7:closed:true 8:pinned:true 9:hidden:true 10:short:true
36 0 updatesTooLong
36 1 updateShortMessage 0:id:int 1:user_id:long 2:message:string 3:pts:int 4:pts_count:int 5:date:int 6:fwd_from:MessageFwdHeader 7:via_bot_id:long 8:reply_to:MessageReplyHeader 9:entities:Vector<MessageEntity> 10:ttl_period:int 11:out:true 12:mentioned:true 13:media_unread:true 14:silent:true
36 2 updateShortChatMessage 0:id:int 1:from_id:long 2:chat_id:long 3:message:string 4:pts:int 5:pts_count:int 6:date:int 7:fwd_from:MessageFwdHeader 8:via_bot_id:long 9:reply_to:MessageReplyHeader 10:entities:Vector<MessageEntity> 11:ttl_period:int 12:out:true 13:mentioned:true 14:media_unread:true 15:silent:true
36 3 updateShort 0:update:Update 1:date:int
36 4 updatesCombined 0:updates:Vector<Update> 1:users:Vector<User> 2:chats:Vector<Chat> 3:date:int 4:seq_start:int 5:seq:int
36 5 updates 0:updates:Vector<Update> 1:users:Vector<User> 2:chats:Vector<Chat> 3:date:int 4:seq:int
36 6 updateShortSentMessage 0:id:int 1:pts:int 2:pts_count:int 3:date:int 4:media:MessageMedia 5:entities:Vector<MessageEntity> 6:ttl_period:int 7:out:true
37 0 updateNewMessage 0:message:Message 1:pts:int 2:pts_count:int
37 1 updateEditMessage 0:message:Message 1:pts:int 2:pts_count:int
37 2 updateDeleteMessages 0:messages:Vector<int> 1:pts:int 2:pts_count:int
37 3 updateNewChannelMessage 0:message:Message 1:pts:int 2:pts_count:int
37 4 updateEditChannelMessage 0:message:Message 1:pts:int 2:pts_count:int
37 5 updateDeleteChannelMessages 0:channel_id:long 1:messages:Vector<int> 2:pts:int 3:pts_count:int
37 6 updateChannelTooLong 0:channel_id:long 1:pts:int
37 7 updateMessageID 0:id:int 1:random_id:long
37 8 updateMessageReactions 0:peer:Peer 1:msg_id:int 2:top_msg_id:int 3:reactions:MessageReactions
37 9 updateChannelMessageViews 0:channel_id:long 1:id:int 2:views:int
37 10 updateChannelMessageForwards 0:channel_id:long 1:id:int 2:forwards:int
37 11 updateMessagePoll 0:poll_id:long 1:results:PollResults
37 12 updatePinnedMessages 0:peer:Peer 1:messages:Vector<int> 2:pinned:true 3:pts:int 4:pts_count:int
37 13 updatePinnedChannelMessages 0:channel_id:long 1:messages:Vector<int> 2:pinned:true 3:pts:int 4:pts_count:int
37 14 updateChannel 0:channel_id:long
37 15 updateChat 0:chat_id:long
37 16 updateChannelAvailableMessages 0:channel_id:long 1:available_min_id:int
37 17 updateReadChannelInbox 0:channel_id:long 1:max_id:int 2:still_unread_count:int 3:pts:int
37 18 updateUserName 0:user_id:long 1:first_name:string 2:last_name:string 3:usernames:Vector<Username>
37 19 updateDcOptions 0:dc_options:Vector<DcOption>
37 20 updateConfig
37 21 updatePtsChanged
37 22 updateLoginToken
37 23 updateServiceNotification 0:type:string 1:message:string 2:popup:true 3:inbox_date:int
37 24 updateBotBusinessConnect 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotChatBoost 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotChatInviteRequester 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotDeleteBusinessMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotEditBusinessMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotGuestChatQuery 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotMessageReaction 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotMessageReactions 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotNewBusinessMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotPurchasedPaidMedia 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotStarsSubscription 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateBotStopped 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateChannelParticipant 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateChannelWebPage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateChatParticipant 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateFolderPeers 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateManagedBot 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateMessagePollVote 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateNewEncryptedMessage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateReadHistoryInbox 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateReadHistoryOutbox 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateReadMessagesContents 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
37 24 updateWebPage 0:channel_id:long 1:pts:int 2:pts_count:int 3:qts:int
38 0 updates.state 0:pts:int 1:qts:int 2:date:int 3:seq:int 4:unread_count:int
39 0 updates.differenceEmpty 0:date:int 1:seq:int
39 1 updates.difference 0:new_messages:Vector<Message> 1:other_updates:Vector<Update> 2:chats:Vector<Chat> 3:users:Vector<User> 4:state:updates.State
39 2 updates.differenceSlice 0:new_messages:Vector<Message> 1:other_updates:Vector<Update> 2:chats:Vector<Chat> 3:users:Vector<User> 4:intermediate_state:updates.State
39 3 updates.differenceTooLong 0:pts:int
40 0 updates.channelDifferenceEmpty 0:final:true 1:pts:int 2:timeout:int
40 1 updates.channelDifferenceTooLong 0:final:true 1:timeout:int 2:dialog:Dialog 3:messages:Vector<Message> 4:chats:Vector<Chat> 5:users:Vector<User>
40 2 updates.channelDifference 0:final:true 1:pts:int 2:timeout:int 3:new_messages:Vector<Message> 4:other_updates:Vector<Update> 5:chats:Vector<Chat> 6:users:Vector<User>
41 0 messages.messages 0:messages:Vector<Message> 1:topics:Vector<ForumTopic> 2:chats:Vector<Chat> 3:users:Vector<User>
41 1 messages.messagesSlice 0:count:int 1:next_rate:int 2:offset_id_offset:int 3:messages:Vector<Message> 4:topics:Vector<ForumTopic> 5:chats:Vector<Chat> 6:users:Vector<User> 7:inexact:true
41 2 messages.channelMessages 0:pts:int 1:count:int 2:offset_id_offset:int 3:messages:Vector<Message> 4:topics:Vector<ForumTopic> 5:chats:Vector<Chat> 6:users:Vector<User> 7:inexact:true
41 3 messages.messagesNotModified 0:count:int
42 0 messages.dialogs 0:dialogs:Vector<Dialog> 1:messages:Vector<Message> 2:chats:Vector<Chat> 3:users:Vector<User>
42 1 messages.dialogsSlice 0:count:int 1:dialogs:Vector<Dialog> 2:messages:Vector<Message> 3:chats:Vector<Chat> 4:users:Vector<User>
42 2 messages.dialogsNotModified 0:count:int
43 0 messages.peerDialogs 0:dialogs:Vector<Dialog> 1:messages:Vector<Message> 2:chats:Vector<Chat> 3:users:Vector<User> 4:state:updates.State
44 0 messages.chats 0:chats:Vector<Chat>
44 1 messages.chatsSlice 1:count:int 0:chats:Vector<Chat>
45 0 messages.chatFull 0:full_chat:ChatFull 1:chats:Vector<Chat> 2:users:Vector<User>
46 0 chatFull 0:id:long 1:about:string 2:pinned_msg_id:int 3:ttl_period:int
46 1 channelFull 0:id:long 1:about:string 4:participants_count:int 5:admins_count:int 6:online_count:int 7:migrated_from_chat_id:long 8:migrated_from_max_id:int 2:pinned_msg_id:int 9:available_min_id:int 10:linked_chat_id:long 11:slowmode_seconds:int 12:pts:int 3:ttl_period:int 13:hidden_prehistory:true
47 0 messages.affectedMessages 0:pts:int 1:pts_count:int
48 0 messages.affectedHistory 0:pts:int 1:pts_count:int 2:offset:int
49 0 messages.invitedUsers 0:updates:Updates
50 0 contacts.resolvedPeer 0:peer:Peer 1:chats:Vector<Chat> 2:users:Vector<User>
51 0 upload.file 0:mtime:int 1:bytes:bytes
51 1 upload.fileCdnRedirect 0:dc_id:int 1:file_token:bytes
52 0 config 0:date:int 1:expires:int 2:test_mode:Bool 3:this_dc:int 4:dc_options:Vector<DcOption> 5:dc_txt_domain_name:string 6:chat_size_max:int 7:megagroup_size_max:int 8:tmp_sessions:int 9:message_length_max:int
53 0 dcOption 0:id:int 1:ip_address:string 2:port:int 3:secret:bytes 4:ipv6:true 5:media_only:true 6:tcpo_only:true 7:cdn:true 8:static:true 9:this_port_only:true
54 0 account.password 0:current_algo:PasswordKdfAlgo 1:srp_B:bytes 2:srp_id:long 3:hint:string 4:has_recovery:true 5:has_password:true 6:pending_reset_date:int 7:login_email_pattern:string
55 0 passwordKdfAlgoUnknown
55 1 passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow 0:salt1:bytes 1:salt2:bytes 2:g:int 3:p:bytes
56 0 auth.sentCode 0:type:auth.SentCodeType 1:phone_code_hash:string 2:next_type:auth.CodeType 3:timeout:int
56 1 auth.sentCodeSuccess 0:authorization:auth.Authorization
56 2 auth.sentCodePaymentRequired 0:phone_code_hash:string 1:store_product:string
57 0 auth.sentCodeTypeApp 0:length:int
57 1 auth.sentCodeTypeSms 0:length:int
57 2 auth.sentCodeTypeCall 0:length:int
57 3 auth.sentCodeTypeFlashCall 1:pattern:string
57 4 auth.sentCodeTypeMissedCall 2:prefix:string 0:length:int
57 5 auth.sentCodeTypeEmailCode 3:email_pattern:string 0:length:int
57 6 auth.sentCodeTypeSetUpEmailRequired
57 7 auth.sentCodeTypeFragmentSms 4:url:string 0:length:int
57 8 auth.sentCodeTypeFirebaseSms 0:length:int
57 9 auth.sentCodeTypeSmsWord 5:beginning:string
57 10 auth.sentCodeTypeSmsPhrase 5:beginning:string
58 0 auth.codeTypeSms
58 1 auth.codeTypeCall
58 2 auth.codeTypeFlashCall
58 3 auth.codeTypeMissedCall
58 4 auth.codeTypeFragmentSms
59 0 auth.authorization 0:user:User 1:tmp_sessions:int 2:setup_password_required:true 3:otherwise_relogin_days:int
59 1 auth.authorizationSignUpRequired
60 0 auth.loginToken 0:expires:int 1:token:bytes
60 1 auth.loginTokenMigrateTo 0:dc_id:int 1:token:bytes
60 2 auth.loginTokenSuccess 0:authorization:auth.Authorization
61 0 auth.exportedAuthorization 0:id:long 1:bytes:bytes

"""
}

extension API {
    /// The projection of a type by its name in the schema, for tools; nil for a type that is not projected.
    public static func value(of type: String, decoding bytes: [UInt8]) throws(TLError) -> (any Sendable)? {
        switch type {
        case "Peer": try Peer(decoding: bytes)
        case "Message": try Message(decoding: bytes)
        case "MessageEntity": try MessageEntity(decoding: bytes)
        case "MessageReplyHeader": try MessageReplyHeader(decoding: bytes)
        case "MessageFwdHeader": try MessageFwdHeader(decoding: bytes)
        case "MessageReactions": try MessageReactions(decoding: bytes)
        case "ReactionCount": try ReactionCount(decoding: bytes)
        case "MessagePeerReaction": try MessagePeerReaction(decoding: bytes)
        case "Reaction": try Reaction(decoding: bytes)
        case "MessageReplies": try MessageReplies(decoding: bytes)
        case "RestrictionReason": try RestrictionReason(decoding: bytes)
        case "MessageMedia": try MessageMedia(decoding: bytes)
        case "Photo": try Photo(decoding: bytes)
        case "PhotoSize": try PhotoSize(decoding: bytes)
        case "Document": try Document(decoding: bytes)
        case "DocumentAttribute": try DocumentAttribute(decoding: bytes)
        case "WebPage": try WebPage(decoding: bytes)
        case "GeoPoint": try GeoPoint(decoding: bytes)
        case "Game": try Game(decoding: bytes)
        case "Poll": try Poll(decoding: bytes)
        case "PollAnswer": try PollAnswer(decoding: bytes)
        case "PollResults": try PollResults(decoding: bytes)
        case "PollAnswerVoters": try PollAnswerVoters(decoding: bytes)
        case "TextWithEntities": try TextWithEntities(decoding: bytes)
        case "TodoList": try TodoList(decoding: bytes)
        case "TodoItem": try TodoItem(decoding: bytes)
        case "MessageAction": try MessageAction(decoding: bytes)
        case "User": try User(decoding: bytes)
        case "Username": try Username(decoding: bytes)
        case "UserProfilePhoto": try UserProfilePhoto(decoding: bytes)
        case "UserStatus": try UserStatus(decoding: bytes)
        case "Chat": try Chat(decoding: bytes)
        case "ChatPhoto": try ChatPhoto(decoding: bytes)
        case "InputChannel": try InputChannel(decoding: bytes)
        case "Dialog": try Dialog(decoding: bytes)
        case "ForumTopic": try ForumTopic(decoding: bytes)
        case "Updates": try Updates(decoding: bytes)
        case "Update": try Update(decoding: bytes)
        case "updates.State": try UpdatesState(decoding: bytes)
        case "updates.Difference": try UpdatesDifference(decoding: bytes)
        case "updates.ChannelDifference": try UpdatesChannelDifference(decoding: bytes)
        case "messages.Messages": try MessagesMessages(decoding: bytes)
        case "messages.Dialogs": try MessagesDialogs(decoding: bytes)
        case "messages.PeerDialogs": try MessagesPeerDialogs(decoding: bytes)
        case "messages.Chats": try MessagesChats(decoding: bytes)
        case "messages.ChatFull": try MessagesChatFull(decoding: bytes)
        case "ChatFull": try ChatFull(decoding: bytes)
        case "messages.AffectedMessages": try MessagesAffectedMessages(decoding: bytes)
        case "messages.AffectedHistory": try MessagesAffectedHistory(decoding: bytes)
        case "messages.InvitedUsers": try MessagesInvitedUsers(decoding: bytes)
        case "contacts.ResolvedPeer": try ContactsResolvedPeer(decoding: bytes)
        case "upload.File": try UploadFile(decoding: bytes)
        case "Config": try Config(decoding: bytes)
        case "DcOption": try DcOption(decoding: bytes)
        case "account.Password": try AccountPassword(decoding: bytes)
        case "PasswordKdfAlgo": try PasswordKdfAlgo(decoding: bytes)
        case "auth.SentCode": try AuthSentCode(decoding: bytes)
        case "auth.SentCodeType": try AuthSentCodeType(decoding: bytes)
        case "auth.CodeType": try AuthCodeType(decoding: bytes)
        case "auth.Authorization": try AuthAuthorization(decoding: bytes)
        case "auth.LoginToken": try AuthLoginToken(decoding: bytes)
        case "auth.ExportedAuthorization": try AuthExportedAuthorization(decoding: bytes)
        default: nil
        }
    }
}

extension API {
    /// `Peer`.
    public enum Peer: Sendable, Equatable {
        case peerUser(PeerUser)
        case peerChat(PeerChat)
        case peerChannel(PeerChannel)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct PeerUser: Sendable, Equatable {
            public var userID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: userID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct PeerChat: Sendable, Equatable {
            public var chatID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: chatID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct PeerChannel: Sendable, Equatable {
            public var channelID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 0) {
            case 0: self = .peerUser(try PeerUser(&r, index))
            case 1: self = .peerChat(try PeerChat(&r, index))
            case 2: self = .peerChannel(try PeerChannel(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Message`.
    public struct Message: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case messageEmpty
            case message
            case messageService
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        /// Where the object lay in the bytes that were decoded.
        public var raw = 0..<0
        public var id: Int32 = 0
        public var peerID: API.Peer?
        public var fromID: API.Peer?
        public var savedPeerID: API.Peer?
        public var fwdFrom: API.MessageFwdHeader?
        public var viaBotID: Int64?
        public var viaBusinessBotID: Int64?
        public var replyTo: API.MessageReplyHeader?
        public var date: Int32?
        public var message: String?
        public var media: API.MessageMedia?
        public var entities: [API.MessageEntity] = []
        public var views: Int32?
        public var forwards: Int32?
        public var replies: API.MessageReplies?
        public var editDate: Int32?
        public var postAuthor: String?
        public var groupedID: Int64?
        public var reactions: API.MessageReactions?
        public var restrictionReason: [API.RestrictionReason] = []
        public var ttlPeriod: Int32?
        public var out = false
        public var mentioned = false
        public var mediaUnread = false
        public var silent = false
        public var post = false
        public var fromScheduled = false
        public var legacy = false
        public var editHide = false
        public var pinned = false
        public var noforwards = false
        public var offline = false
        public var effect: Int64?
        public var fromBoostsApplied: Int32?
        public var action: API.MessageAction?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let start = r.offset
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 1) {
            case 0: kind = .messageEmpty
            case 1: kind = .message
            case 2: kind = .messageService
            default:
                try r.skipFields(of: index)
                raw = start..<r.offset
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: peerID = try API.Peer(&r)
                case 2: fromID = try API.Peer(&r)
                case 3: savedPeerID = try API.Peer(&r)
                case 4: fwdFrom = try API.MessageFwdHeader(&r)
                case 5: viaBotID = try r.long()
                case 6: viaBusinessBotID = try r.long()
                case 7: replyTo = try API.MessageReplyHeader(&r)
                case 8: date = try r.int()
                case 9: message = try r.text()
                case 10: media = try API.MessageMedia(&r)
                case 11: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                case 12: views = try r.int()
                case 13: forwards = try r.int()
                case 14: replies = try API.MessageReplies(&r)
                case 15: editDate = try r.int()
                case 16: postAuthor = try r.text()
                case 17: groupedID = try r.long()
                case 18: reactions = try API.MessageReactions(&r)
                case 19: restrictionReason = try r.vector(minimum: 4) { (r) throws(TLError) in try API.RestrictionReason(&r) }
                case 20: ttlPeriod = try r.int()
                case 21: out = true
                case 22: mentioned = true
                case 23: mediaUnread = true
                case 24: silent = true
                case 25: post = true
                case 26: fromScheduled = true
                case 27: legacy = true
                case 28: editHide = true
                case 29: pinned = true
                case 30: noforwards = true
                case 31: offline = true
                case 32: effect = try r.long()
                case 33: fromBoostsApplied = try r.int()
                case 34: action = try API.MessageAction(&r)
                default: break loop
                }
            }
            raw = start..<r.offset
        }
    }
}

extension API {
    /// `MessageEntity`.
    public struct MessageEntity: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case messageEntityPre
            case messageEntityTextUrl
            case messageEntityMentionName
            case messageEntityCustomEmoji
            case messageEntityBlockquote
            case messageEntityFormattedDate
            case inputMessageEntityMentionName
            case messageEntityBankCard
            case messageEntityBold
            case messageEntityBotCommand
            case messageEntityCashtag
            case messageEntityCode
            case messageEntityDiffDelete
            case messageEntityDiffInsert
            case messageEntityDiffReplace
            case messageEntityEmail
            case messageEntityHashtag
            case messageEntityItalic
            case messageEntityMention
            case messageEntityPhone
            case messageEntitySpoiler
            case messageEntityStrike
            case messageEntityUnderline
            case messageEntityUnknown
            case messageEntityUrl
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var offset: Int32 = 0
        public var length: Int32 = 0
        public var language: String?
        public var url: String?
        public var userID: Int64?
        public var documentID: Int64?
        public var collapsed = false
        public var date: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 2) {
            case 0: kind = .messageEntityPre
            case 1: kind = .messageEntityTextUrl
            case 2: kind = .messageEntityMentionName
            case 3: kind = .messageEntityCustomEmoji
            case 4: kind = .messageEntityBlockquote
            case 5: kind = .messageEntityFormattedDate
            case 6: kind = .inputMessageEntityMentionName
            case 7: kind = .messageEntityBankCard
            case 8: kind = .messageEntityBold
            case 9: kind = .messageEntityBotCommand
            case 10: kind = .messageEntityCashtag
            case 11: kind = .messageEntityCode
            case 12: kind = .messageEntityDiffDelete
            case 13: kind = .messageEntityDiffInsert
            case 14: kind = .messageEntityDiffReplace
            case 15: kind = .messageEntityEmail
            case 16: kind = .messageEntityHashtag
            case 17: kind = .messageEntityItalic
            case 18: kind = .messageEntityMention
            case 19: kind = .messageEntityPhone
            case 20: kind = .messageEntitySpoiler
            case 21: kind = .messageEntityStrike
            case 22: kind = .messageEntityUnderline
            case 23: kind = .messageEntityUnknown
            case 24: kind = .messageEntityUrl
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: offset = try r.int()
                case 1: length = try r.int()
                case 2: language = try r.text()
                case 3: url = try r.text()
                case 4: userID = try r.long()
                case 5: documentID = try r.long()
                case 6: collapsed = true
                case 7: date = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageReplyHeader`.
    public struct MessageReplyHeader: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case messageReplyHeader
            case messageReplyStoryHeader
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var replyToMsgID: Int32?
        public var replyToPeerID: API.Peer?
        public var replyFrom: API.MessageFwdHeader?
        public var replyToTopID: Int32?
        public var quoteText: String?
        public var quoteEntities: [API.MessageEntity] = []
        public var quoteOffset: Int32?
        public var forumTopic = false
        public var quote = false
        public var replyToScheduled = false
        public var peer: API.Peer?
        public var storyID: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 3) {
            case 0: kind = .messageReplyHeader
            case 1: kind = .messageReplyStoryHeader
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: replyToMsgID = try r.int()
                case 1: replyToPeerID = try API.Peer(&r)
                case 2: replyFrom = try API.MessageFwdHeader(&r)
                case 3: replyToTopID = try r.int()
                case 4: quoteText = try r.text()
                case 5: quoteEntities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                case 6: quoteOffset = try r.int()
                case 7: forumTopic = true
                case 8: quote = true
                case 9: replyToScheduled = true
                case 10: peer = try API.Peer(&r)
                case 11: storyID = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageFwdHeader`.
    public struct MessageFwdHeader: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var fromID: API.Peer?
        public var fromName: String?
        public var date: Int32 = 0
        public var channelPost: Int32?
        public var postAuthor: String?
        public var savedFromPeer: API.Peer?
        public var savedFromMsgID: Int32?
        public var savedFromID: API.Peer?
        public var savedFromName: String?
        public var savedDate: Int32?
        public var psaType: String?
        public var imported = false
        public var savedOut = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 4) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: fromID = try API.Peer(&r)
                case 1: fromName = try r.text()
                case 2: date = try r.int()
                case 3: channelPost = try r.int()
                case 4: postAuthor = try r.text()
                case 5: savedFromPeer = try API.Peer(&r)
                case 6: savedFromMsgID = try r.int()
                case 7: savedFromID = try API.Peer(&r)
                case 8: savedFromName = try r.text()
                case 9: savedDate = try r.int()
                case 10: psaType = try r.text()
                case 11: imported = true
                case 12: savedOut = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageReactions`.
    public struct MessageReactions: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var results: [API.ReactionCount] = []
        public var recentReactions: [API.MessagePeerReaction] = []
        public var min = false
        public var canSeeList = false
        public var reactionsAsTags = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 5) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: results = try r.vector(minimum: 4) { (r) throws(TLError) in try API.ReactionCount(&r) }
                case 1: recentReactions = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessagePeerReaction(&r) }
                case 2: min = true
                case 3: canSeeList = true
                case 4: reactionsAsTags = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ReactionCount`.
    public struct ReactionCount: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var reaction = API.Reaction.other(0)
        public var count: Int32 = 0
        public var chosenOrder: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 6) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: reaction = try API.Reaction(&r)
                case 1: count = try r.int()
                case 2: chosenOrder = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessagePeerReaction`.
    public struct MessagePeerReaction: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var peerID = API.Peer.other(0)
        public var date: Int32 = 0
        public var reaction = API.Reaction.other(0)
        public var big = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 7) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: peerID = try API.Peer(&r)
                case 1: date = try r.int()
                case 2: reaction = try API.Reaction(&r)
                case 3: big = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Reaction`.
    public enum Reaction: Sendable, Equatable {
        case reactionEmpty
        case reactionEmoji(ReactionEmoji)
        case reactionCustomEmoji(ReactionCustomEmoji)
        case reactionPaid
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct ReactionEmoji: Sendable, Equatable {
            public var emoticon = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: emoticon = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct ReactionCustomEmoji: Sendable, Equatable {
            public var documentID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: documentID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 8) {
            case 0:
                try r.skipFields(of: index)
                self = .reactionEmpty
            case 1: self = .reactionEmoji(try ReactionEmoji(&r, index))
            case 2: self = .reactionCustomEmoji(try ReactionCustomEmoji(&r, index))
            case 3:
                try r.skipFields(of: index)
                self = .reactionPaid
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `MessageReplies`.
    public struct MessageReplies: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var replies: Int32 = 0
        public var repliesPts: Int32 = 0
        public var channelID: Int64?
        public var maxID: Int32?
        public var comments = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 9) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: replies = try r.int()
                case 1: repliesPts = try r.int()
                case 2: channelID = try r.long()
                case 3: maxID = try r.int()
                case 4: comments = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `RestrictionReason`.
    public struct RestrictionReason: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var platform = ""
        public var reason = ""
        public var text = ""

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 10) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: platform = try r.text()
                case 1: reason = try r.text()
                case 2: text = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageMedia`.
    public indirect enum MessageMedia: Sendable, Equatable {
        case messageMediaEmpty
        case messageMediaPhoto(MessageMediaPhoto)
        case messageMediaGeo(MessageMediaGeo)
        case messageMediaContact(MessageMediaContact)
        case messageMediaUnsupported
        case messageMediaDocument(MessageMediaDocument)
        case messageMediaWebPage(MessageMediaWebPage)
        case messageMediaVenue(MessageMediaVenue)
        case messageMediaGame(MessageMediaGame)
        case messageMediaInvoice(MessageMediaInvoice)
        case messageMediaGeoLive(MessageMediaGeoLive)
        case messageMediaPoll(MessageMediaPoll)
        case messageMediaDice(MessageMediaDice)
        case messageMediaStory(MessageMediaStory)
        case messageMediaGiveaway(MessageMediaGiveaway)
        case messageMediaGiveawayResults(MessageMediaGiveawayResults)
        case messageMediaPaidMedia(MessageMediaPaidMedia)
        case messageMediaToDo(MessageMediaToDo)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct MessageMediaPhoto: Sendable, Equatable {
            public var photo: API.Photo?
            public var ttlSeconds: Int32?
            public var spoiler = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: photo = try API.Photo(&r)
                    case 1: ttlSeconds = try r.int()
                    case 2: spoiler = true
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaGeo: Sendable, Equatable {
            public var geo = API.GeoPoint()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: geo = try API.GeoPoint(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaContact: Sendable, Equatable {
            public var phoneNumber = ""
            public var firstName = ""
            public var lastName = ""
            public var vcard = ""
            public var userID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: phoneNumber = try r.text()
                    case 1: firstName = try r.text()
                    case 2: lastName = try r.text()
                    case 3: vcard = try r.text()
                    case 4: userID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaDocument: Sendable, Equatable {
            public var document: API.Document?
            public var ttlSeconds: Int32?
            public var spoiler = false
            public var video = false
            public var round = false
            public var voice = false
            public var nopremium = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: document = try API.Document(&r)
                    case 1: ttlSeconds = try r.int()
                    case 2: spoiler = true
                    case 3: video = true
                    case 4: round = true
                    case 5: voice = true
                    case 6: nopremium = true
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaWebPage: Sendable, Equatable {
            public var webpage = API.WebPage()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: webpage = try API.WebPage(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaVenue: Sendable, Equatable {
            public var geo = API.GeoPoint()
            public var title = ""
            public var address = ""
            public var provider = ""
            public var venueID = ""
            public var venueType = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: geo = try API.GeoPoint(&r)
                    case 1: title = try r.text()
                    case 2: address = try r.text()
                    case 3: provider = try r.text()
                    case 4: venueID = try r.text()
                    case 5: venueType = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaGame: Sendable, Equatable {
            public var game = API.Game()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: game = try API.Game(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaInvoice: Sendable, Equatable {
            public var title = ""
            public var description = ""
            public var currency = ""
            public var totalAmount: Int64 = 0
            public var receiptMsgID: Int32?
            public var test = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: description = try r.text()
                    case 2: currency = try r.text()
                    case 3: totalAmount = try r.long()
                    case 4: receiptMsgID = try r.int()
                    case 5: test = true
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaGeoLive: Sendable, Equatable {
            public var geo = API.GeoPoint()
            public var heading: Int32?
            public var period: Int32 = 0
            public var proximityNotificationRadius: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: geo = try API.GeoPoint(&r)
                    case 1: heading = try r.int()
                    case 2: period = try r.int()
                    case 3: proximityNotificationRadius = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaPoll: Sendable, Equatable {
            public var poll = API.Poll()
            public var results = API.PollResults()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: poll = try API.Poll(&r)
                    case 1: results = try API.PollResults(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaDice: Sendable, Equatable {
            public var value: Int32 = 0
            public var emoticon = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: value = try r.int()
                    case 1: emoticon = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaStory: Sendable, Equatable {
            public var peer = API.Peer.other(0)
            public var id: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: peer = try API.Peer(&r)
                    case 1: id = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaGiveaway: Sendable, Equatable {
            public var channels: [Int64] = []
            public var quantity: Int32 = 0
            public var untilDate: Int32 = 0
            public var months: Int32?
            public var stars: Int64?
            public var prizeDescription: String?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channels = try r.vector(minimum: 8) { (r) throws(TLError) in try r.long() }
                    case 1: quantity = try r.int()
                    case 2: untilDate = try r.int()
                    case 3: months = try r.int()
                    case 4: stars = try r.long()
                    case 5: prizeDescription = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaGiveawayResults: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var launchMsgID: Int32 = 0
            public var winnersCount: Int32 = 0
            public var unclaimedCount: Int32 = 0
            public var winners: [Int64] = []
            public var untilDate: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: launchMsgID = try r.int()
                    case 2: winnersCount = try r.int()
                    case 3: unclaimedCount = try r.int()
                    case 4: winners = try r.vector(minimum: 8) { (r) throws(TLError) in try r.long() }
                    case 5: untilDate = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaPaidMedia: Sendable, Equatable {
            public var starsAmount: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: starsAmount = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageMediaToDo: Sendable, Equatable {
            public var todo = API.TodoList()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: todo = try API.TodoList(&r)
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 11) {
            case 0:
                try r.skipFields(of: index)
                self = .messageMediaEmpty
            case 1: self = .messageMediaPhoto(try MessageMediaPhoto(&r, index))
            case 2: self = .messageMediaGeo(try MessageMediaGeo(&r, index))
            case 3: self = .messageMediaContact(try MessageMediaContact(&r, index))
            case 4:
                try r.skipFields(of: index)
                self = .messageMediaUnsupported
            case 5: self = .messageMediaDocument(try MessageMediaDocument(&r, index))
            case 6: self = .messageMediaWebPage(try MessageMediaWebPage(&r, index))
            case 7: self = .messageMediaVenue(try MessageMediaVenue(&r, index))
            case 8: self = .messageMediaGame(try MessageMediaGame(&r, index))
            case 9: self = .messageMediaInvoice(try MessageMediaInvoice(&r, index))
            case 10: self = .messageMediaGeoLive(try MessageMediaGeoLive(&r, index))
            case 11: self = .messageMediaPoll(try MessageMediaPoll(&r, index))
            case 12: self = .messageMediaDice(try MessageMediaDice(&r, index))
            case 13: self = .messageMediaStory(try MessageMediaStory(&r, index))
            case 14: self = .messageMediaGiveaway(try MessageMediaGiveaway(&r, index))
            case 15: self = .messageMediaGiveawayResults(try MessageMediaGiveawayResults(&r, index))
            case 16: self = .messageMediaPaidMedia(try MessageMediaPaidMedia(&r, index))
            case 17: self = .messageMediaToDo(try MessageMediaToDo(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Photo`.
    public struct Photo: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case photoEmpty
            case photo
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var accessHash: Int64?
        public var fileReference: [UInt8]?
        public var date: Int32?
        public var sizes: [API.PhotoSize] = []
        public var dcID: Int32?
        public var hasStickers = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 12) {
            case 0: kind = .photoEmpty
            case 1: kind = .photo
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: accessHash = try r.long()
                case 2: fileReference = try r.blob()
                case 3: date = try r.int()
                case 4: sizes = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PhotoSize(&r) }
                case 5: dcID = try r.int()
                case 6: hasStickers = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PhotoSize`.
    public struct PhotoSize: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case photoSizeEmpty
            case photoSize
            case photoCachedSize
            case photoStrippedSize
            case photoSizeProgressive
            case photoPathSize
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var type = ""
        public var w: Int32?
        public var h: Int32?
        public var size: Int32?
        public var bytes: [UInt8]?
        public var sizes: [Int32] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 13) {
            case 0: kind = .photoSizeEmpty
            case 1: kind = .photoSize
            case 2: kind = .photoCachedSize
            case 3: kind = .photoStrippedSize
            case 4: kind = .photoSizeProgressive
            case 5: kind = .photoPathSize
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: type = try r.text()
                case 1: w = try r.int()
                case 2: h = try r.int()
                case 3: size = try r.int()
                case 4: bytes = try r.blob()
                case 5: sizes = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Document`.
    public struct Document: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case documentEmpty
            case document
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var accessHash: Int64?
        public var fileReference: [UInt8]?
        public var date: Int32?
        public var mimeType: String?
        public var size: Int64?
        public var thumbs: [API.PhotoSize] = []
        public var dcID: Int32?
        public var attributes: [API.DocumentAttribute] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 14) {
            case 0: kind = .documentEmpty
            case 1: kind = .document
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: accessHash = try r.long()
                case 2: fileReference = try r.blob()
                case 3: date = try r.int()
                case 4: mimeType = try r.text()
                case 5: size = try r.long()
                case 6: thumbs = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PhotoSize(&r) }
                case 7: dcID = try r.int()
                case 8: attributes = try r.vector(minimum: 4) { (r) throws(TLError) in try API.DocumentAttribute(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `DocumentAttribute`.
    public enum DocumentAttribute: Sendable, Equatable {
        case documentAttributeImageSize(DocumentAttributeImageSize)
        case documentAttributeAnimated
        case documentAttributeSticker(DocumentAttributeSticker)
        case documentAttributeVideo(DocumentAttributeVideo)
        case documentAttributeAudio(DocumentAttributeAudio)
        case documentAttributeFilename(DocumentAttributeFilename)
        case documentAttributeHasStickers
        case documentAttributeCustomEmoji(DocumentAttributeCustomEmoji)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct DocumentAttributeImageSize: Sendable, Equatable {
            public var w: Int32 = 0
            public var h: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: w = try r.int()
                    case 1: h = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeSticker: Sendable, Equatable {
            public var alt = ""
            public var mask = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: alt = try r.text()
                    case 1: mask = true
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeVideo: Sendable, Equatable {
            public var duration: Double = 0
            public var w: Int32 = 0
            public var h: Int32 = 0
            public var roundMessage = false
            public var supportsStreaming = false
            public var nosound = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: duration = try r.double()
                    case 1: w = try r.int()
                    case 2: h = try r.int()
                    case 3: roundMessage = true
                    case 4: supportsStreaming = true
                    case 5: nosound = true
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeAudio: Sendable, Equatable {
            public var duration: Int32 = 0
            public var title: String?
            public var performer: String?
            public var waveform: [UInt8]?
            public var voice = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: duration = try r.int()
                    case 1: title = try r.text()
                    case 2: performer = try r.text()
                    case 3: waveform = try r.blob()
                    case 4: voice = true
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeFilename: Sendable, Equatable {
            public var fileName = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: fileName = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct DocumentAttributeCustomEmoji: Sendable, Equatable {
            public var alt = ""
            public var free = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: alt = try r.text()
                    case 1: free = true
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 15) {
            case 0: self = .documentAttributeImageSize(try DocumentAttributeImageSize(&r, index))
            case 1:
                try r.skipFields(of: index)
                self = .documentAttributeAnimated
            case 2: self = .documentAttributeSticker(try DocumentAttributeSticker(&r, index))
            case 3: self = .documentAttributeVideo(try DocumentAttributeVideo(&r, index))
            case 4: self = .documentAttributeAudio(try DocumentAttributeAudio(&r, index))
            case 5: self = .documentAttributeFilename(try DocumentAttributeFilename(&r, index))
            case 6:
                try r.skipFields(of: index)
                self = .documentAttributeHasStickers
            case 7: self = .documentAttributeCustomEmoji(try DocumentAttributeCustomEmoji(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `WebPage`.
    public struct WebPage: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case webPageEmpty
            case webPagePending
            case webPage
            case webPageNotModified
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int64?
        public var url: String?
        public var date: Int32?
        public var displayURL: String?
        public var hash: Int32?
        public var type: String?
        public var siteName: String?
        public var title: String?
        public var description: String?
        public var photo: API.Photo?
        public var embedURL: String?
        public var duration: Int32?
        public var author: String?
        public var document: API.Document?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 16) {
            case 0: kind = .webPageEmpty
            case 1: kind = .webPagePending
            case 2: kind = .webPage
            case 3: kind = .webPageNotModified
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: url = try r.text()
                case 2: date = try r.int()
                case 3: displayURL = try r.text()
                case 4: hash = try r.int()
                case 5: type = try r.text()
                case 6: siteName = try r.text()
                case 7: title = try r.text()
                case 8: description = try r.text()
                case 9: photo = try API.Photo(&r)
                case 10: embedURL = try r.text()
                case 11: duration = try r.int()
                case 12: author = try r.text()
                case 13: document = try API.Document(&r)
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `GeoPoint`.
    public struct GeoPoint: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case geoPointEmpty
            case geoPoint
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var long: Double?
        public var lat: Double?
        public var accessHash: Int64?
        public var accuracyRadius: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 17) {
            case 0: kind = .geoPointEmpty
            case 1: kind = .geoPoint
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: long = try r.double()
                case 1: lat = try r.double()
                case 2: accessHash = try r.long()
                case 3: accuracyRadius = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Game`.
    public struct Game: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var accessHash: Int64 = 0
        public var shortName = ""
        public var title = ""
        public var description = ""

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 18) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: accessHash = try r.long()
                case 2: shortName = try r.text()
                case 3: title = try r.text()
                case 4: description = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Poll`.
    public struct Poll: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var question = API.TextWithEntities()
        public var answers: [API.PollAnswer] = []
        public var closed = false
        public var publicVoters = false
        public var multipleChoice = false
        public var quiz = false
        public var closePeriod: Int32?
        public var closeDate: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 19) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: question = try API.TextWithEntities(&r)
                case 2: answers = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PollAnswer(&r) }
                case 3: closed = true
                case 4: publicVoters = true
                case 5: multipleChoice = true
                case 6: quiz = true
                case 7: closePeriod = try r.int()
                case 8: closeDate = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PollAnswer`.
    public struct PollAnswer: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var text = API.TextWithEntities()
        public var option: [UInt8] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 20) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: text = try API.TextWithEntities(&r)
                case 1: option = try r.blob()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PollResults`.
    public struct PollResults: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var results: [API.PollAnswerVoters] = []
        public var totalVoters: Int32?
        public var solution: String?
        public var min = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 21) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: results = try r.vector(minimum: 4) { (r) throws(TLError) in try API.PollAnswerVoters(&r) }
                case 1: totalVoters = try r.int()
                case 2: solution = try r.text()
                case 3: min = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PollAnswerVoters`.
    public struct PollAnswerVoters: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var option: [UInt8] = []
        public var voters: Int32?
        public var chosen = false
        public var correct = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 22) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: option = try r.blob()
                case 1: voters = try r.int()
                case 2: chosen = true
                case 3: correct = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `TextWithEntities`.
    public struct TextWithEntities: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var text = ""
        public var entities: [API.MessageEntity] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 23) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: text = try r.text()
                case 1: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `TodoList`.
    public struct TodoList: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var title = API.TextWithEntities()
        public var list: [API.TodoItem] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 24) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: title = try API.TextWithEntities(&r)
                case 1: list = try r.vector(minimum: 4) { (r) throws(TLError) in try API.TodoItem(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `TodoItem`.
    public struct TodoItem: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var id: Int32 = 0
        public var title = API.TextWithEntities()

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 25) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: title = try API.TextWithEntities(&r)
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `MessageAction`.
    public indirect enum MessageAction: Sendable, Equatable {
        case messageActionEmpty
        case messageActionChatCreate(MessageActionChatCreate)
        case messageActionChatEditTitle(MessageActionChatEditTitle)
        case messageActionChatEditPhoto(MessageActionChatEditPhoto)
        case messageActionChatDeletePhoto
        case messageActionChatAddUser(MessageActionChatAddUser)
        case messageActionChatDeleteUser(MessageActionChatDeleteUser)
        case messageActionChatJoinedByLink(MessageActionChatJoinedByLink)
        case messageActionChannelCreate(MessageActionChannelCreate)
        case messageActionChatMigrateTo(MessageActionChatMigrateTo)
        case messageActionChannelMigrateFrom(MessageActionChannelMigrateFrom)
        case messageActionPinMessage
        case messageActionHistoryClear
        case messageActionGameScore(MessageActionGameScore)
        case messageActionPhoneCall(MessageActionPhoneCall)
        case messageActionScreenshotTaken
        case messageActionCustomAction(MessageActionCustomAction)
        case messageActionContactSignUp
        case messageActionGeoProximityReached(MessageActionGeoProximityReached)
        case messageActionGroupCall(MessageActionGroupCall)
        case messageActionInviteToGroupCall(MessageActionInviteToGroupCall)
        case messageActionSetMessagesTTL(MessageActionSetMessagesTTL)
        case messageActionGroupCallScheduled(MessageActionGroupCallScheduled)
        case messageActionChatJoinedByRequest
        case messageActionTopicCreate(MessageActionTopicCreate)
        case messageActionTopicEdit(MessageActionTopicEdit)
        case messageActionSuggestProfilePhoto(MessageActionSuggestProfilePhoto)
        case messageActionBoostApply(MessageActionBoostApply)
        case messageActionGiveawayLaunch(MessageActionGiveawayLaunch)
        case messageActionGiveawayResults(MessageActionGiveawayResults)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct MessageActionChatCreate: Sendable, Equatable {
            public var title = ""
            public var users: [Int64] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: users = try r.vector(minimum: 8) { (r) throws(TLError) in try r.long() }
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatEditTitle: Sendable, Equatable {
            public var title = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatEditPhoto: Sendable, Equatable {
            public var photo = API.Photo()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: photo = try API.Photo(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatAddUser: Sendable, Equatable {
            public var users: [Int64] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: users = try r.vector(minimum: 8) { (r) throws(TLError) in try r.long() }
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatDeleteUser: Sendable, Equatable {
            public var userID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: userID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatJoinedByLink: Sendable, Equatable {
            public var inviterID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: inviterID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChannelCreate: Sendable, Equatable {
            public var title = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChatMigrateTo: Sendable, Equatable {
            public var channelID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionChannelMigrateFrom: Sendable, Equatable {
            public var title = ""
            public var chatID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: chatID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionGameScore: Sendable, Equatable {
            public var gameID: Int64 = 0
            public var score: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: gameID = try r.long()
                    case 1: score = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionPhoneCall: Sendable, Equatable {
            public var callID: Int64 = 0
            public var duration: Int32?
            public var video = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: callID = try r.long()
                    case 1: duration = try r.int()
                    case 2: video = true
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionCustomAction: Sendable, Equatable {
            public var message = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try r.text()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionGeoProximityReached: Sendable, Equatable {
            public var fromID = API.Peer.other(0)
            public var toID = API.Peer.other(0)
            public var distance: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: fromID = try API.Peer(&r)
                    case 1: toID = try API.Peer(&r)
                    case 2: distance = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionGroupCall: Sendable, Equatable {
            public var duration: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: duration = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionInviteToGroupCall: Sendable, Equatable {
            public var users: [Int64] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: users = try r.vector(minimum: 8) { (r) throws(TLError) in try r.long() }
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionSetMessagesTTL: Sendable, Equatable {
            public var period: Int32 = 0
            public var autoSettingFrom: Int64?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: period = try r.int()
                    case 1: autoSettingFrom = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionGroupCallScheduled: Sendable, Equatable {
            public var scheduleDate: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: scheduleDate = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionTopicCreate: Sendable, Equatable {
            public var title = ""
            public var iconColor: Int32 = 0
            public var iconEmojiID: Int64?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: iconColor = try r.int()
                    case 2: iconEmojiID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionTopicEdit: Sendable, Equatable {
            public var title: String?
            public var iconEmojiID: Int64?
            public var closed: Bool?
            public var hidden: Bool?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: title = try r.text()
                    case 1: iconEmojiID = try r.long()
                    case 2: closed = try r.bool()
                    case 3: hidden = try r.bool()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionSuggestProfilePhoto: Sendable, Equatable {
            public var photo = API.Photo()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: photo = try API.Photo(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionBoostApply: Sendable, Equatable {
            public var boosts: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: boosts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionGiveawayLaunch: Sendable, Equatable {
            public var stars: Int64?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: stars = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct MessageActionGiveawayResults: Sendable, Equatable {
            public var winnersCount: Int32 = 0
            public var unclaimedCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: winnersCount = try r.int()
                    case 1: unclaimedCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 26) {
            case 0:
                try r.skipFields(of: index)
                self = .messageActionEmpty
            case 1: self = .messageActionChatCreate(try MessageActionChatCreate(&r, index))
            case 2: self = .messageActionChatEditTitle(try MessageActionChatEditTitle(&r, index))
            case 3: self = .messageActionChatEditPhoto(try MessageActionChatEditPhoto(&r, index))
            case 4:
                try r.skipFields(of: index)
                self = .messageActionChatDeletePhoto
            case 5: self = .messageActionChatAddUser(try MessageActionChatAddUser(&r, index))
            case 6: self = .messageActionChatDeleteUser(try MessageActionChatDeleteUser(&r, index))
            case 7: self = .messageActionChatJoinedByLink(try MessageActionChatJoinedByLink(&r, index))
            case 8: self = .messageActionChannelCreate(try MessageActionChannelCreate(&r, index))
            case 9: self = .messageActionChatMigrateTo(try MessageActionChatMigrateTo(&r, index))
            case 10: self = .messageActionChannelMigrateFrom(try MessageActionChannelMigrateFrom(&r, index))
            case 11:
                try r.skipFields(of: index)
                self = .messageActionPinMessage
            case 12:
                try r.skipFields(of: index)
                self = .messageActionHistoryClear
            case 13: self = .messageActionGameScore(try MessageActionGameScore(&r, index))
            case 14: self = .messageActionPhoneCall(try MessageActionPhoneCall(&r, index))
            case 15:
                try r.skipFields(of: index)
                self = .messageActionScreenshotTaken
            case 16: self = .messageActionCustomAction(try MessageActionCustomAction(&r, index))
            case 17:
                try r.skipFields(of: index)
                self = .messageActionContactSignUp
            case 18: self = .messageActionGeoProximityReached(try MessageActionGeoProximityReached(&r, index))
            case 19: self = .messageActionGroupCall(try MessageActionGroupCall(&r, index))
            case 20: self = .messageActionInviteToGroupCall(try MessageActionInviteToGroupCall(&r, index))
            case 21: self = .messageActionSetMessagesTTL(try MessageActionSetMessagesTTL(&r, index))
            case 22: self = .messageActionGroupCallScheduled(try MessageActionGroupCallScheduled(&r, index))
            case 23:
                try r.skipFields(of: index)
                self = .messageActionChatJoinedByRequest
            case 24: self = .messageActionTopicCreate(try MessageActionTopicCreate(&r, index))
            case 25: self = .messageActionTopicEdit(try MessageActionTopicEdit(&r, index))
            case 26: self = .messageActionSuggestProfilePhoto(try MessageActionSuggestProfilePhoto(&r, index))
            case 27: self = .messageActionBoostApply(try MessageActionBoostApply(&r, index))
            case 28: self = .messageActionGiveawayLaunch(try MessageActionGiveawayLaunch(&r, index))
            case 29: self = .messageActionGiveawayResults(try MessageActionGiveawayResults(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `User`.
    public struct User: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case userEmpty
            case user
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var accessHash: Int64?
        public var firstName: String?
        public var lastName: String?
        public var username: String?
        public var usernames: [API.Username] = []
        public var phone: String?
        public var photo: API.UserProfilePhoto?
        public var status: API.UserStatus?
        public var restrictionReason: [API.RestrictionReason] = []
        public var langCode: String?
        public var isSelf = false
        public var contact = false
        public var mutualContact = false
        public var deleted = false
        public var bot = false
        public var verified = false
        public var restricted = false
        public var min = false
        public var support = false
        public var scam = false
        public var fake = false
        public var premium = false
        public var applyMinPhoto = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 27) {
            case 0: kind = .userEmpty
            case 1: kind = .user
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: accessHash = try r.long()
                case 2: firstName = try r.text()
                case 3: lastName = try r.text()
                case 4: username = try r.text()
                case 5: usernames = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Username(&r) }
                case 6: phone = try r.text()
                case 7: photo = try API.UserProfilePhoto(&r)
                case 8: status = try API.UserStatus(&r)
                case 9: restrictionReason = try r.vector(minimum: 4) { (r) throws(TLError) in try API.RestrictionReason(&r) }
                case 10: langCode = try r.text()
                case 11: isSelf = true
                case 12: contact = true
                case 13: mutualContact = true
                case 14: deleted = true
                case 15: bot = true
                case 16: verified = true
                case 17: restricted = true
                case 18: min = true
                case 19: support = true
                case 20: scam = true
                case 21: fake = true
                case 22: premium = true
                case 23: applyMinPhoto = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Username`.
    public struct Username: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var username = ""
        public var editable = false
        public var active = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 28) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: username = try r.text()
                case 1: editable = true
                case 2: active = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `UserProfilePhoto`.
    public struct UserProfilePhoto: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case userProfilePhotoEmpty
            case userProfilePhoto
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var photoID: Int64?
        public var dcID: Int32?
        public var hasVideo = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 29) {
            case 0: kind = .userProfilePhotoEmpty
            case 1: kind = .userProfilePhoto
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: photoID = try r.long()
                case 1: dcID = try r.int()
                case 2: hasVideo = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `UserStatus`.
    public enum UserStatus: Sendable, Equatable {
        case userStatusEmpty
        case userStatusOnline(UserStatusOnline)
        case userStatusOffline(UserStatusOffline)
        case userStatusRecently
        case userStatusLastWeek
        case userStatusLastMonth
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct UserStatusOnline: Sendable, Equatable {
            public var expires: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: expires = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UserStatusOffline: Sendable, Equatable {
            public var wasOnline: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: wasOnline = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 30) {
            case 0:
                try r.skipFields(of: index)
                self = .userStatusEmpty
            case 1: self = .userStatusOnline(try UserStatusOnline(&r, index))
            case 2: self = .userStatusOffline(try UserStatusOffline(&r, index))
            case 3:
                try r.skipFields(of: index)
                self = .userStatusRecently
            case 4:
                try r.skipFields(of: index)
                self = .userStatusLastWeek
            case 5:
                try r.skipFields(of: index)
                self = .userStatusLastMonth
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Chat`.
    public struct Chat: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chatEmpty
            case chat
            case chatForbidden
            case channel
            case channelForbidden
            case communityForbidden
            case community
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var title: String?
        public var photo: API.ChatPhoto?
        public var participantsCount: Int32?
        public var date: Int32?
        public var version: Int32?
        public var migratedTo: API.InputChannel?
        public var creator = false
        public var left = false
        public var deactivated = false
        public var noforwards = false
        public var accessHash: Int64?
        public var username: String?
        public var usernames: [API.Username] = []
        public var restrictionReason: [API.RestrictionReason] = []
        public var level: Int32?
        public var broadcast = false
        public var verified = false
        public var megagroup = false
        public var restricted = false
        public var signatures = false
        public var min = false
        public var scam = false
        public var fake = false
        public var gigagroup = false
        public var forum = false
        public var joinToSend = false
        public var joinRequest = false
        public var slowmodeEnabled = false
        public var hasLink = false
        public var monoforum = false
        public var linkedMonoforumID: Int64?
        public var untilDate: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 31) {
            case 0: kind = .chatEmpty
            case 1: kind = .chat
            case 2: kind = .chatForbidden
            case 3: kind = .channel
            case 4: kind = .channelForbidden
            case 5: kind = .communityForbidden
            case 6: kind = .community
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: title = try r.text()
                case 2: photo = try API.ChatPhoto(&r)
                case 3: participantsCount = try r.int()
                case 4: date = try r.int()
                case 5: version = try r.int()
                case 6: migratedTo = try API.InputChannel(&r)
                case 7: creator = true
                case 8: left = true
                case 9: deactivated = true
                case 10: noforwards = true
                case 11: accessHash = try r.long()
                case 12: username = try r.text()
                case 13: usernames = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Username(&r) }
                case 14: restrictionReason = try r.vector(minimum: 4) { (r) throws(TLError) in try API.RestrictionReason(&r) }
                case 15: level = try r.int()
                case 16: broadcast = true
                case 17: verified = true
                case 18: megagroup = true
                case 19: restricted = true
                case 20: signatures = true
                case 21: min = true
                case 22: scam = true
                case 23: fake = true
                case 24: gigagroup = true
                case 25: forum = true
                case 26: joinToSend = true
                case 27: joinRequest = true
                case 28: slowmodeEnabled = true
                case 29: hasLink = true
                case 30: monoforum = true
                case 31: linkedMonoforumID = try r.long()
                case 32: untilDate = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ChatPhoto`.
    public struct ChatPhoto: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chatPhotoEmpty
            case chatPhoto
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var photoID: Int64?
        public var dcID: Int32?
        public var hasVideo = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 32) {
            case 0: kind = .chatPhotoEmpty
            case 1: kind = .chatPhoto
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: photoID = try r.long()
                case 1: dcID = try r.int()
                case 2: hasVideo = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `InputChannel`.
    public enum InputChannel: Sendable, Equatable {
        case inputChannelEmpty
        case inputChannel(InputChannel)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct InputChannel: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var accessHash: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: accessHash = try r.long()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 33) {
            case 0:
                try r.skipFields(of: index)
                self = .inputChannelEmpty
            case 1: self = .inputChannel(try InputChannel(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Dialog`.
    public struct Dialog: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case dialog
            case dialogFolder
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var peer = API.Peer.other(0)
        public var topMessage: Int32 = 0
        public var readInboxMaxID: Int32?
        public var readOutboxMaxID: Int32?
        public var unreadCount: Int32?
        public var pts: Int32?
        public var folderID: Int32?
        public var ttlPeriod: Int32?
        public var pinned = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 34) {
            case 0: kind = .dialog
            case 1: kind = .dialogFolder
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: peer = try API.Peer(&r)
                case 1: topMessage = try r.int()
                case 2: readInboxMaxID = try r.int()
                case 3: readOutboxMaxID = try r.int()
                case 4: unreadCount = try r.int()
                case 5: pts = try r.int()
                case 6: folderID = try r.int()
                case 7: ttlPeriod = try r.int()
                case 8: pinned = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ForumTopic`.
    public struct ForumTopic: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case forumTopicDeleted
            case forumTopic
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int32 = 0
        public var date: Int32?
        public var title: String?
        public var iconColor: Int32?
        public var iconEmojiID: Int64?
        public var topMessage: Int32?
        public var fromID: API.Peer?
        public var closed = false
        public var pinned = false
        public var hidden = false
        public var short = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 35) {
            case 0: kind = .forumTopicDeleted
            case 1: kind = .forumTopic
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: date = try r.int()
                case 2: title = try r.text()
                case 3: iconColor = try r.int()
                case 4: iconEmojiID = try r.long()
                case 5: topMessage = try r.int()
                case 6: fromID = try API.Peer(&r)
                case 7: closed = true
                case 8: pinned = true
                case 9: hidden = true
                case 10: short = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `Updates`.
    public enum Updates: Sendable, Equatable {
        case updatesTooLong
        case updateShortMessage(UpdateShortMessage)
        case updateShortChatMessage(UpdateShortChatMessage)
        case updateShort(UpdateShort)
        case updatesCombined(UpdatesCombined)
        case updates(Updates)
        case updateShortSentMessage(UpdateShortSentMessage)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct UpdateShortMessage: Sendable, Equatable {
            public var id: Int32 = 0
            public var userID: Int64 = 0
            public var message = ""
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0
            public var date: Int32 = 0
            public var fwdFrom: API.MessageFwdHeader?
            public var viaBotID: Int64?
            public var replyTo: API.MessageReplyHeader?
            public var entities: [API.MessageEntity] = []
            public var ttlPeriod: Int32?
            public var out = false
            public var mentioned = false
            public var mediaUnread = false
            public var silent = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: userID = try r.long()
                    case 2: message = try r.text()
                    case 3: pts = try r.int()
                    case 4: ptsCount = try r.int()
                    case 5: date = try r.int()
                    case 6: fwdFrom = try API.MessageFwdHeader(&r)
                    case 7: viaBotID = try r.long()
                    case 8: replyTo = try API.MessageReplyHeader(&r)
                    case 9: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                    case 10: ttlPeriod = try r.int()
                    case 11: out = true
                    case 12: mentioned = true
                    case 13: mediaUnread = true
                    case 14: silent = true
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateShortChatMessage: Sendable, Equatable {
            public var id: Int32 = 0
            public var fromID: Int64 = 0
            public var chatID: Int64 = 0
            public var message = ""
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0
            public var date: Int32 = 0
            public var fwdFrom: API.MessageFwdHeader?
            public var viaBotID: Int64?
            public var replyTo: API.MessageReplyHeader?
            public var entities: [API.MessageEntity] = []
            public var ttlPeriod: Int32?
            public var out = false
            public var mentioned = false
            public var mediaUnread = false
            public var silent = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: fromID = try r.long()
                    case 2: chatID = try r.long()
                    case 3: message = try r.text()
                    case 4: pts = try r.int()
                    case 5: ptsCount = try r.int()
                    case 6: date = try r.int()
                    case 7: fwdFrom = try API.MessageFwdHeader(&r)
                    case 8: viaBotID = try r.long()
                    case 9: replyTo = try API.MessageReplyHeader(&r)
                    case 10: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                    case 11: ttlPeriod = try r.int()
                    case 12: out = true
                    case 13: mentioned = true
                    case 14: mediaUnread = true
                    case 15: silent = true
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateShort: Sendable, Equatable {
            public var update = API.Update.other(0)
            public var date: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: update = try API.Update(&r)
                    case 1: date = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdatesCombined: Sendable, Equatable {
            public var updates: [API.Update] = []
            public var users: [API.User] = []
            public var chats: [API.Chat] = []
            public var date: Int32 = 0
            public var seqStart: Int32 = 0
            public var seq: Int32 = 0
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: updates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 1: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: date = try r.int()
                    case 4: seqStart = try r.int()
                    case 5: seq = try r.int()
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct Updates: Sendable, Equatable {
            public var updates: [API.Update] = []
            public var users: [API.User] = []
            public var chats: [API.Chat] = []
            public var date: Int32 = 0
            public var seq: Int32 = 0
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: updates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 1: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: date = try r.int()
                    case 4: seq = try r.int()
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct UpdateShortSentMessage: Sendable, Equatable {
            public var id: Int32 = 0
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0
            public var date: Int32 = 0
            public var media: API.MessageMedia?
            public var entities: [API.MessageEntity] = []
            public var ttlPeriod: Int32?
            public var out = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    case 3: date = try r.int()
                    case 4: media = try API.MessageMedia(&r)
                    case 5: entities = try r.vector(minimum: 4) { (r) throws(TLError) in try API.MessageEntity(&r) }
                    case 6: ttlPeriod = try r.int()
                    case 7: out = true
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 36) {
            case 0:
                try r.skipFields(of: index)
                self = .updatesTooLong
            case 1: self = .updateShortMessage(try UpdateShortMessage(&r, index))
            case 2: self = .updateShortChatMessage(try UpdateShortChatMessage(&r, index))
            case 3: self = .updateShort(try UpdateShort(&r, index))
            case 4: self = .updatesCombined(try UpdatesCombined(&r, index))
            case 5: self = .updates(try Updates(&r, index))
            case 6: self = .updateShortSentMessage(try UpdateShortSentMessage(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Update`.
    public indirect enum Update: Sendable, Equatable {
        case updateNewMessage(UpdateNewMessage)
        case updateEditMessage(UpdateEditMessage)
        case updateDeleteMessages(UpdateDeleteMessages)
        case updateNewChannelMessage(UpdateNewChannelMessage)
        case updateEditChannelMessage(UpdateEditChannelMessage)
        case updateDeleteChannelMessages(UpdateDeleteChannelMessages)
        case updateChannelTooLong(UpdateChannelTooLong)
        case updateMessageID(UpdateMessageID)
        case updateMessageReactions(UpdateMessageReactions)
        case updateChannelMessageViews(UpdateChannelMessageViews)
        case updateChannelMessageForwards(UpdateChannelMessageForwards)
        case updateMessagePoll(UpdateMessagePoll)
        case updatePinnedMessages(UpdatePinnedMessages)
        case updatePinnedChannelMessages(UpdatePinnedChannelMessages)
        case updateChannel(UpdateChannel)
        case updateChat(UpdateChat)
        case updateChannelAvailableMessages(UpdateChannelAvailableMessages)
        case updateReadChannelInbox(UpdateReadChannelInbox)
        case updateUserName(UpdateUserName)
        case updateDcOptions(UpdateDcOptions)
        case updateConfig
        case updatePtsChanged
        case updateLoginToken
        case updateServiceNotification(UpdateServiceNotification)
        case numbered(Numbered)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct UpdateNewMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateEditMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateDeleteMessages: Sendable, Equatable {
            public var messages: [Int32] = []
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateNewChannelMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateEditChannelMessage: Sendable, Equatable {
            public var message = API.Message()
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: message = try API.Message(&r)
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateDeleteChannelMessages: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var messages: [Int32] = []
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 2: pts = try r.int()
                    case 3: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelTooLong: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var pts: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: pts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateMessageID: Sendable, Equatable {
            public var id: Int32 = 0
            public var randomID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: id = try r.int()
                    case 1: randomID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateMessageReactions: Sendable, Equatable {
            public var peer = API.Peer.other(0)
            public var msgID: Int32 = 0
            public var topMsgID: Int32?
            public var reactions = API.MessageReactions()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: peer = try API.Peer(&r)
                    case 1: msgID = try r.int()
                    case 2: topMsgID = try r.int()
                    case 3: reactions = try API.MessageReactions(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelMessageViews: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var id: Int32 = 0
            public var views: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: id = try r.int()
                    case 2: views = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelMessageForwards: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var id: Int32 = 0
            public var forwards: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: id = try r.int()
                    case 2: forwards = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateMessagePoll: Sendable, Equatable {
            public var pollID: Int64 = 0
            public var results = API.PollResults()

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: pollID = try r.long()
                    case 1: results = try API.PollResults(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct UpdatePinnedMessages: Sendable, Equatable {
            public var peer = API.Peer.other(0)
            public var messages: [Int32] = []
            public var pinned = false
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: peer = try API.Peer(&r)
                    case 1: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 2: pinned = true
                    case 3: pts = try r.int()
                    case 4: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdatePinnedChannelMessages: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var messages: [Int32] = []
            public var pinned = false
            public var pts: Int32 = 0
            public var ptsCount: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: messages = try r.vector(minimum: 4) { (r) throws(TLError) in try r.int() }
                    case 2: pinned = true
                    case 3: pts = try r.int()
                    case 4: ptsCount = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannel: Sendable, Equatable {
            public var channelID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChat: Sendable, Equatable {
            public var chatID: Int64 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: chatID = try r.long()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateChannelAvailableMessages: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var availableMinID: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: availableMinID = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateReadChannelInbox: Sendable, Equatable {
            public var channelID: Int64 = 0
            public var maxID: Int32 = 0
            public var stillUnreadCount: Int32 = 0
            public var pts: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: maxID = try r.int()
                    case 2: stillUnreadCount = try r.int()
                    case 3: pts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateUserName: Sendable, Equatable {
            public var userID: Int64 = 0
            public var firstName = ""
            public var lastName = ""
            public var usernames: [API.Username] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: userID = try r.long()
                    case 1: firstName = try r.text()
                    case 2: lastName = try r.text()
                    case 3: usernames = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Username(&r) }
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateDcOptions: Sendable, Equatable {
            public var dcOptions: [API.DcOption] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dcOptions = try r.vector(minimum: 4) { (r) throws(TLError) in try API.DcOption(&r) }
                    default: break loop
                    }
                }
            }
        }

        public struct UpdateServiceNotification: Sendable, Equatable {
            public var type = ""
            public var message = ""
            public var popup = false
            public var inboxDate: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: type = try r.text()
                    case 1: message = try r.text()
                    case 2: popup = true
                    case 3: inboxDate = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct Numbered: Sendable, Equatable {
            public var constructor: UInt32 = 0
            public var channelID: Int64?
            public var pts: Int32?
            public var ptsCount: Int32?
            public var qts: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                constructor = r.schema.constructors[index].id
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: channelID = try r.long()
                    case 1: pts = try r.int()
                    case 2: ptsCount = try r.int()
                    case 3: qts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 37) {
            case 0: self = .updateNewMessage(try UpdateNewMessage(&r, index))
            case 1: self = .updateEditMessage(try UpdateEditMessage(&r, index))
            case 2: self = .updateDeleteMessages(try UpdateDeleteMessages(&r, index))
            case 3: self = .updateNewChannelMessage(try UpdateNewChannelMessage(&r, index))
            case 4: self = .updateEditChannelMessage(try UpdateEditChannelMessage(&r, index))
            case 5: self = .updateDeleteChannelMessages(try UpdateDeleteChannelMessages(&r, index))
            case 6: self = .updateChannelTooLong(try UpdateChannelTooLong(&r, index))
            case 7: self = .updateMessageID(try UpdateMessageID(&r, index))
            case 8: self = .updateMessageReactions(try UpdateMessageReactions(&r, index))
            case 9: self = .updateChannelMessageViews(try UpdateChannelMessageViews(&r, index))
            case 10: self = .updateChannelMessageForwards(try UpdateChannelMessageForwards(&r, index))
            case 11: self = .updateMessagePoll(try UpdateMessagePoll(&r, index))
            case 12: self = .updatePinnedMessages(try UpdatePinnedMessages(&r, index))
            case 13: self = .updatePinnedChannelMessages(try UpdatePinnedChannelMessages(&r, index))
            case 14: self = .updateChannel(try UpdateChannel(&r, index))
            case 15: self = .updateChat(try UpdateChat(&r, index))
            case 16: self = .updateChannelAvailableMessages(try UpdateChannelAvailableMessages(&r, index))
            case 17: self = .updateReadChannelInbox(try UpdateReadChannelInbox(&r, index))
            case 18: self = .updateUserName(try UpdateUserName(&r, index))
            case 19: self = .updateDcOptions(try UpdateDcOptions(&r, index))
            case 20:
                try r.skipFields(of: index)
                self = .updateConfig
            case 21:
                try r.skipFields(of: index)
                self = .updatePtsChanged
            case 22:
                try r.skipFields(of: index)
                self = .updateLoginToken
            case 23: self = .updateServiceNotification(try UpdateServiceNotification(&r, index))
            case 24: self = .numbered(try Numbered(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `updates.State`.
    public struct UpdatesState: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var pts: Int32 = 0
        public var qts: Int32 = 0
        public var date: Int32 = 0
        public var seq: Int32 = 0
        public var unreadCount: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 38) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: pts = try r.int()
                case 1: qts = try r.int()
                case 2: date = try r.int()
                case 3: seq = try r.int()
                case 4: unreadCount = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `updates.Difference`.
    public indirect enum UpdatesDifference: Sendable, Equatable {
        case differenceEmpty(DifferenceEmpty)
        case difference(Difference)
        case differenceSlice(DifferenceSlice)
        case differenceTooLong(DifferenceTooLong)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct DifferenceEmpty: Sendable, Equatable {
            public var date: Int32 = 0
            public var seq: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: date = try r.int()
                    case 1: seq = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct Difference: Sendable, Equatable {
            public var newMessages: [API.Message] = []
            public var otherUpdates: [API.Update] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var state = API.UpdatesState()
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: newMessages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 1: otherUpdates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 4: state = try API.UpdatesState(&r)
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DifferenceSlice: Sendable, Equatable {
            public var newMessages: [API.Message] = []
            public var otherUpdates: [API.Update] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var intermediateState = API.UpdatesState()
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: newMessages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 1: otherUpdates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 4: intermediateState = try API.UpdatesState(&r)
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DifferenceTooLong: Sendable, Equatable {
            public var pts: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: pts = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 39) {
            case 0: self = .differenceEmpty(try DifferenceEmpty(&r, index))
            case 1: self = .difference(try Difference(&r, index))
            case 2: self = .differenceSlice(try DifferenceSlice(&r, index))
            case 3: self = .differenceTooLong(try DifferenceTooLong(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `updates.ChannelDifference`.
    public indirect enum UpdatesChannelDifference: Sendable, Equatable {
        case channelDifferenceEmpty(ChannelDifferenceEmpty)
        case channelDifferenceTooLong(ChannelDifferenceTooLong)
        case channelDifference(ChannelDifference)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct ChannelDifferenceEmpty: Sendable, Equatable {
            public var isFinal = false
            public var pts: Int32 = 0
            public var timeout: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: isFinal = true
                    case 1: pts = try r.int()
                    case 2: timeout = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct ChannelDifferenceTooLong: Sendable, Equatable {
            public var isFinal = false
            public var timeout: Int32?
            public var dialog = API.Dialog()
            public var messages: [API.Message] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: isFinal = true
                    case 1: timeout = try r.int()
                    case 2: dialog = try API.Dialog(&r)
                    case 3: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 5: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct ChannelDifference: Sendable, Equatable {
            public var isFinal = false
            public var pts: Int32 = 0
            public var timeout: Int32?
            public var newMessages: [API.Message] = []
            public var otherUpdates: [API.Update] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: isFinal = true
                    case 1: pts = try r.int()
                    case 2: timeout = try r.int()
                    case 3: newMessages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: otherUpdates = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Update(&r) }
                    case 5: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 6: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 40) {
            case 0: self = .channelDifferenceEmpty(try ChannelDifferenceEmpty(&r, index))
            case 1: self = .channelDifferenceTooLong(try ChannelDifferenceTooLong(&r, index))
            case 2: self = .channelDifference(try ChannelDifference(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `messages.Messages`.
    public enum MessagesMessages: Sendable, Equatable {
        case messages(Messages)
        case messagesSlice(MessagesSlice)
        case channelMessages(ChannelMessages)
        case messagesNotModified(MessagesNotModified)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct Messages: Sendable, Equatable {
            public var messages: [API.Message] = []
            public var topics: [API.ForumTopic] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 1: topics = try r.vector(minimum: 4) { (r) throws(TLError) in try API.ForumTopic(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct MessagesSlice: Sendable, Equatable {
            public var count: Int32 = 0
            public var nextRate: Int32?
            public var offsetIDOffset: Int32?
            public var messages: [API.Message] = []
            public var topics: [API.ForumTopic] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var inexact = false
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    case 1: nextRate = try r.int()
                    case 2: offsetIDOffset = try r.int()
                    case 3: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: topics = try r.vector(minimum: 4) { (r) throws(TLError) in try API.ForumTopic(&r) }
                    case 5: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 6: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 7: inexact = true
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct ChannelMessages: Sendable, Equatable {
            public var pts: Int32 = 0
            public var count: Int32 = 0
            public var offsetIDOffset: Int32?
            public var messages: [API.Message] = []
            public var topics: [API.ForumTopic] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            public var inexact = false
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: pts = try r.int()
                    case 1: count = try r.int()
                    case 2: offsetIDOffset = try r.int()
                    case 3: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 4: topics = try r.vector(minimum: 4) { (r) throws(TLError) in try API.ForumTopic(&r) }
                    case 5: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 6: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    case 7: inexact = true
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct MessagesNotModified: Sendable, Equatable {
            public var count: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 41) {
            case 0: self = .messages(try Messages(&r, index))
            case 1: self = .messagesSlice(try MessagesSlice(&r, index))
            case 2: self = .channelMessages(try ChannelMessages(&r, index))
            case 3: self = .messagesNotModified(try MessagesNotModified(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `messages.Dialogs`.
    public enum MessagesDialogs: Sendable, Equatable {
        case dialogs(Dialogs)
        case dialogsSlice(DialogsSlice)
        case dialogsNotModified(DialogsNotModified)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct Dialogs: Sendable, Equatable {
            public var dialogs: [API.Dialog] = []
            public var messages: [API.Message] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dialogs = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Dialog(&r) }
                    case 1: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DialogsSlice: Sendable, Equatable {
            public var count: Int32 = 0
            public var dialogs: [API.Dialog] = []
            public var messages: [API.Message] = []
            public var chats: [API.Chat] = []
            public var users: [API.User] = []
            /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
            public var undecoded: Range<Int>?
            /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
            public var isTruncated = false

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    case 1: dialogs = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Dialog(&r) }
                    case 2: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                    case 3: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                    case 4: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                    default: break loop
                    }
                }
                undecoded = r.undecoded
                isTruncated = r.isTruncated
            }
        }

        public struct DialogsNotModified: Sendable, Equatable {
            public var count: Int32 = 0

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: count = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 42) {
            case 0: self = .dialogs(try Dialogs(&r, index))
            case 1: self = .dialogsSlice(try DialogsSlice(&r, index))
            case 2: self = .dialogsNotModified(try DialogsNotModified(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `messages.PeerDialogs`.
    public struct MessagesPeerDialogs: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var dialogs: [API.Dialog] = []
        public var messages: [API.Message] = []
        public var chats: [API.Chat] = []
        public var users: [API.User] = []
        public var state = API.UpdatesState()
        /// Where the vector elements lie that could not be read, since a constructor in them is unknown.
        public var undecoded: Range<Int>?
        /// Nothing behind `undecoded` could be read: fields that are declared after it have no value.
        public var isTruncated = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 43) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: dialogs = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Dialog(&r) }
                case 1: messages = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Message(&r) }
                case 2: chats = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.Chat(&r) }
                case 3: users = try r.resilientVector(minimum: 4, walk) { (r) throws(TLError) in try API.User(&r) }
                case 4: state = try API.UpdatesState(&r)
                default: break loop
                }
            }
            undecoded = r.undecoded
            isTruncated = r.isTruncated
        }
    }
}

extension API {
    /// `messages.Chats`.
    public struct MessagesChats: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chats
            case chatsSlice
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var chats: [API.Chat] = []
        public var count: Int32?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 44) {
            case 0: kind = .chats
            case 1: kind = .chatsSlice
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: chats = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Chat(&r) }
                case 1: count = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.ChatFull`.
    public struct MessagesChatFull: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var fullChat = API.ChatFull()
        public var chats: [API.Chat] = []
        public var users: [API.User] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 45) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: fullChat = try API.ChatFull(&r)
                case 1: chats = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Chat(&r) }
                case 2: users = try r.vector(minimum: 4) { (r) throws(TLError) in try API.User(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `ChatFull`.
    public struct ChatFull: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case chatFull
            case channelFull
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var about = ""
        public var pinnedMsgID: Int32?
        public var ttlPeriod: Int32?
        public var participantsCount: Int32?
        public var adminsCount: Int32?
        public var onlineCount: Int32?
        public var migratedFromChatID: Int64?
        public var migratedFromMaxID: Int32?
        public var availableMinID: Int32?
        public var linkedChatID: Int64?
        public var slowmodeSeconds: Int32?
        public var pts: Int32?
        public var hiddenPrehistory = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 46) {
            case 0: kind = .chatFull
            case 1: kind = .channelFull
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: about = try r.text()
                case 2: pinnedMsgID = try r.int()
                case 3: ttlPeriod = try r.int()
                case 4: participantsCount = try r.int()
                case 5: adminsCount = try r.int()
                case 6: onlineCount = try r.int()
                case 7: migratedFromChatID = try r.long()
                case 8: migratedFromMaxID = try r.int()
                case 9: availableMinID = try r.int()
                case 10: linkedChatID = try r.long()
                case 11: slowmodeSeconds = try r.int()
                case 12: pts = try r.int()
                case 13: hiddenPrehistory = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.AffectedMessages`.
    public struct MessagesAffectedMessages: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var pts: Int32 = 0
        public var ptsCount: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 47) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: pts = try r.int()
                case 1: ptsCount = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.AffectedHistory`.
    public struct MessagesAffectedHistory: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var pts: Int32 = 0
        public var ptsCount: Int32 = 0
        public var offset: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 48) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: pts = try r.int()
                case 1: ptsCount = try r.int()
                case 2: offset = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `messages.InvitedUsers`.
    public struct MessagesInvitedUsers: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var updates = API.Updates.other(0)

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 49) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: updates = try API.Updates(&r)
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `contacts.ResolvedPeer`.
    public struct ContactsResolvedPeer: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var peer = API.Peer.other(0)
        public var chats: [API.Chat] = []
        public var users: [API.User] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 50) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: peer = try API.Peer(&r)
                case 1: chats = try r.vector(minimum: 4) { (r) throws(TLError) in try API.Chat(&r) }
                case 2: users = try r.vector(minimum: 4) { (r) throws(TLError) in try API.User(&r) }
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `upload.File`.
    public enum UploadFile: Sendable, Equatable {
        case file(File)
        case fileCdnRedirect(FileCdnRedirect)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct File: Sendable, Equatable {
            public var mtime: Int32 = 0
            public var bytes: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: mtime = try r.int()
                    case 1: bytes = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        public struct FileCdnRedirect: Sendable, Equatable {
            public var dcID: Int32 = 0
            public var fileToken: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dcID = try r.int()
                    case 1: fileToken = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 51) {
            case 0: self = .file(try File(&r, index))
            case 1: self = .fileCdnRedirect(try FileCdnRedirect(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `Config`.
    public struct Config: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var date: Int32 = 0
        public var expires: Int32 = 0
        public var testMode = false
        public var thisDc: Int32 = 0
        public var dcOptions: [API.DcOption] = []
        public var dcTxtDomainName = ""
        public var chatSizeMax: Int32 = 0
        public var megagroupSizeMax: Int32 = 0
        public var tmpSessions: Int32?
        public var messageLengthMax: Int32 = 0

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 52) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: date = try r.int()
                case 1: expires = try r.int()
                case 2: testMode = try r.bool()
                case 3: thisDc = try r.int()
                case 4: dcOptions = try r.vector(minimum: 4) { (r) throws(TLError) in try API.DcOption(&r) }
                case 5: dcTxtDomainName = try r.text()
                case 6: chatSizeMax = try r.int()
                case 7: megagroupSizeMax = try r.int()
                case 8: tmpSessions = try r.int()
                case 9: messageLengthMax = try r.int()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `DcOption`.
    public struct DcOption: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var id: Int32 = 0
        public var ipAddress = ""
        public var port: Int32 = 0
        public var secret: [UInt8]?
        public var ipv6 = false
        public var mediaOnly = false
        public var tcpoOnly = false
        public var cdn = false
        public var isStatic = false
        public var thisPortOnly = false

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 53) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.int()
                case 1: ipAddress = try r.text()
                case 2: port = try r.int()
                case 3: secret = try r.blob()
                case 4: ipv6 = true
                case 5: mediaOnly = true
                case 6: tcpoOnly = true
                case 7: cdn = true
                case 8: isStatic = true
                case 9: thisPortOnly = true
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `account.Password`.
    public struct AccountPassword: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var currentAlgo: API.PasswordKdfAlgo?
        public var srpB: [UInt8]?
        public var srpID: Int64?
        public var hint: String?
        public var hasRecovery = false
        public var hasPassword = false
        public var pendingResetDate: Int32?
        public var loginEmailPattern: String?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 54) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: currentAlgo = try API.PasswordKdfAlgo(&r)
                case 1: srpB = try r.blob()
                case 2: srpID = try r.long()
                case 3: hint = try r.text()
                case 4: hasRecovery = true
                case 5: hasPassword = true
                case 6: pendingResetDate = try r.int()
                case 7: loginEmailPattern = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `PasswordKdfAlgo`.
    public enum PasswordKdfAlgo: Sendable, Equatable {
        case passwordKdfAlgoUnknown
        case passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow: Sendable, Equatable {
            public var salt1: [UInt8] = []
            public var salt2: [UInt8] = []
            public var g: Int32 = 0
            public var p: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: salt1 = try r.blob()
                    case 1: salt2 = try r.blob()
                    case 2: g = try r.int()
                    case 3: p = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 55) {
            case 0:
                try r.skipFields(of: index)
                self = .passwordKdfAlgoUnknown
            case 1: self = .passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(try PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.SentCode`.
    public enum AuthSentCode: Sendable, Equatable {
        case sentCode(SentCode)
        case sentCodeSuccess(SentCodeSuccess)
        case sentCodePaymentRequired(SentCodePaymentRequired)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct SentCode: Sendable, Equatable {
            public var type = API.AuthSentCodeType()
            public var phoneCodeHash = ""
            public var nextType: API.AuthCodeType?
            public var timeout: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: type = try API.AuthSentCodeType(&r)
                    case 1: phoneCodeHash = try r.text()
                    case 2: nextType = try API.AuthCodeType(&r)
                    case 3: timeout = try r.int()
                    default: break loop
                    }
                }
            }
        }

        public struct SentCodeSuccess: Sendable, Equatable {
            public var authorization = API.AuthAuthorization.other(0)

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: authorization = try API.AuthAuthorization(&r)
                    default: break loop
                    }
                }
            }
        }

        public struct SentCodePaymentRequired: Sendable, Equatable {
            public var phoneCodeHash = ""
            public var storeProduct = ""

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: phoneCodeHash = try r.text()
                    case 1: storeProduct = try r.text()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 56) {
            case 0: self = .sentCode(try SentCode(&r, index))
            case 1: self = .sentCodeSuccess(try SentCodeSuccess(&r, index))
            case 2: self = .sentCodePaymentRequired(try SentCodePaymentRequired(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.SentCodeType`.
    public struct AuthSentCodeType: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case sentCodeTypeApp
            case sentCodeTypeSms
            case sentCodeTypeCall
            case sentCodeTypeFlashCall
            case sentCodeTypeMissedCall
            case sentCodeTypeEmailCode
            case sentCodeTypeSetUpEmailRequired
            case sentCodeTypeFragmentSms
            case sentCodeTypeFirebaseSms
            case sentCodeTypeSmsWord
            case sentCodeTypeSmsPhrase
            /// A constructor that is not projected: only its id is known.
            case other
        }
        public var kind = Kind.other
        public var constructor: UInt32 = 0
        public var length: Int32?
        public var pattern: String?
        public var prefix: String?
        public var emailPattern: String?
        public var url: String?
        public var beginning: String?

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 57) {
            case 0: kind = .sentCodeTypeApp
            case 1: kind = .sentCodeTypeSms
            case 2: kind = .sentCodeTypeCall
            case 3: kind = .sentCodeTypeFlashCall
            case 4: kind = .sentCodeTypeMissedCall
            case 5: kind = .sentCodeTypeEmailCode
            case 6: kind = .sentCodeTypeSetUpEmailRequired
            case 7: kind = .sentCodeTypeFragmentSms
            case 8: kind = .sentCodeTypeFirebaseSms
            case 9: kind = .sentCodeTypeSmsWord
            case 10: kind = .sentCodeTypeSmsPhrase
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: length = try r.int()
                case 1: pattern = try r.text()
                case 2: prefix = try r.text()
                case 3: emailPattern = try r.text()
                case 4: url = try r.text()
                case 5: beginning = try r.text()
                default: break loop
                }
            }
        }
    }
}

extension API {
    /// `auth.CodeType`.
    public enum AuthCodeType: Sendable, Equatable {
        case codeTypeSms
        case codeTypeCall
        case codeTypeFlashCall
        case codeTypeMissedCall
        case codeTypeFragmentSms
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 58) {
            case 0:
                try r.skipFields(of: index)
                self = .codeTypeSms
            case 1:
                try r.skipFields(of: index)
                self = .codeTypeCall
            case 2:
                try r.skipFields(of: index)
                self = .codeTypeFlashCall
            case 3:
                try r.skipFields(of: index)
                self = .codeTypeMissedCall
            case 4:
                try r.skipFields(of: index)
                self = .codeTypeFragmentSms
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.Authorization`.
    public enum AuthAuthorization: Sendable, Equatable {
        case authorization(Authorization)
        case authorizationSignUpRequired
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct Authorization: Sendable, Equatable {
            public var user = API.User()
            public var tmpSessions: Int32?
            public var setupPasswordRequired = false
            public var otherwiseReloginDays: Int32?

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: user = try API.User(&r)
                    case 1: tmpSessions = try r.int()
                    case 2: setupPasswordRequired = true
                    case 3: otherwiseReloginDays = try r.int()
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 59) {
            case 0: self = .authorization(try Authorization(&r, index))
            case 1:
                try r.skipFields(of: index)
                self = .authorizationSignUpRequired
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.LoginToken`.
    public enum AuthLoginToken: Sendable, Equatable {
        case loginToken(LoginToken)
        case loginTokenMigrateTo(LoginTokenMigrateTo)
        case loginTokenSuccess(LoginTokenSuccess)
        /// A constructor that is not projected, by its id.
        case other(UInt32)

        public struct LoginToken: Sendable, Equatable {
            public var expires: Int32 = 0
            public var token: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: expires = try r.int()
                    case 1: token = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        public struct LoginTokenMigrateTo: Sendable, Equatable {
            public var dcID: Int32 = 0
            public var token: [UInt8] = []

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: dcID = try r.int()
                    case 1: token = try r.blob()
                    default: break loop
                    }
                }
            }
        }

        public struct LoginTokenSuccess: Sendable, Equatable {
            public var authorization = API.AuthAuthorization.other(0)

            public init() {}

            init(_ r: inout TLReader, _ index: Int) throws(TLError) {
                var walk = try r.walk(index)
                loop: while true {
                    switch try r.next(&walk) {
                    case 0: authorization = try API.AuthAuthorization(&r)
                    default: break loop
                    }
                }
            }
        }

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            switch r.variant(of: index, in: 60) {
            case 0: self = .loginToken(try LoginToken(&r, index))
            case 1: self = .loginTokenMigrateTo(try LoginTokenMigrateTo(&r, index))
            case 2: self = .loginTokenSuccess(try LoginTokenSuccess(&r, index))
            default:
                try r.skipFields(of: index)
                self = .other(r.schema.constructors[index].id)
            }
        }
    }
}

extension API {
    /// `auth.ExportedAuthorization`.
    public struct AuthExportedAuthorization: Sendable, Equatable {
        public var constructor: UInt32 = 0
        public var id: Int64 = 0
        public var bytes: [UInt8] = []

        public init() {}

        /// The boxed object at `offset`, to the end of the bytes.
        public init(decoding bytes: [UInt8], at offset: Int = 0, limits: TLLimits = .standard) throws(TLError) {
            self = try API.decode(bytes, at: offset, limits: limits) { (r) throws(TLError) in try Self(&r) }
        }

        init(_ r: inout TLReader) throws(TLError) {
            let index = try r.open()
            constructor = r.schema.constructors[index].id
            switch r.variant(of: index, in: 61) {
            case 0: break
            default:
                try r.skipFields(of: index)
                return
            }
            var walk = try r.walk(index)
            loop: while true {
                switch try r.next(&walk) {
                case 0: id = try r.long()
                case 1: bytes = try r.blob()
                default: break loop
                }
            }
        }
    }
}
