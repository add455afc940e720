import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, type components } from "polydub-client";
import { polydub } from "../api/polydub";

type Schemas = components["schemas"];
export type Member = Schemas["MemberOut"];
export type Invitation = Schemas["InvitationOut"];
export type Role = Member["role"];
export type Key = Schemas["KeyOut"];
export type Webhook = Schemas["WebhookOut"];
export type Delivery = Schemas["DeliveryOut"];
export type Limits = Schemas["LimitsOut"];
export type OwnLimits = Schemas["OwnLimits"];
export type AuditEntry = Schemas["AuditOut"];
export type EventName = NonNullable<Schemas["WebhookIn"]["events"]>[number];

export const ROLES: readonly Role[] = ["viewer", "editor", "admin"];
export const EVENT_NAMES: readonly EventName[] = [
  "dub.accepted",
  "dub.language_completed",
  "dub.completed",
  "dub.completed_with_warnings",
  "dub.failed",
  "dub.canceled",
];
const PENDING_POLL_MS = 3000;

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/organisation/members", { signal })),
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/organisation/invitations", { signal })),
});

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/organisation/keys", { signal })),
});

export const limitsQuery = queryOptions({
  queryKey: ["limits"],
  // What is being edited must not change under someone's hands.
  staleTime: Infinity,
  gcTime: 0,
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/organisation/limits", { signal })),
});

export const WEBHOOKS_KEY = ["webhooks"] as const;

export const webhooksQuery = queryOptions({
  queryKey: WEBHOOKS_KEY,
  queryFn: ({ signal }) => answer(polydub.http.GET("/v1/webhooks", { signal })),
});

export const webhookQuery = (webhookId: string) =>
  queryOptions({
    queryKey: [...WEBHOOKS_KEY, webhookId],
    queryFn: ({ signal }) =>
      answer(
        polydub.http.GET("/v1/webhooks/{webhook_id}", {
          params: { path: { webhook_id: webhookId } },
          signal,
        }),
      ),
  });

export const deliveriesQuery = (webhookId: string, state: Delivery["state"] | "") =>
  infiniteQueryOptions({
    queryKey: [...WEBHOOKS_KEY, webhookId, "deliveries", state],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      answer(
        polydub.http.GET("/v1/webhooks/{webhook_id}/deliveries", {
          params: {
            path: { webhook_id: webhookId },
            query: { ...(state && { state }), ...(pageParam && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.deliveries.some((each) => each.state === "pending"))
        ? PENDING_POLL_MS
        : false,
  });

export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  initialPageParam: "",
  staleTime: 0,
  queryFn: ({ pageParam, signal }) =>
    answer(
      polydub.http.GET("/v1/organisation/audit", {
        params: { query: pageParam ? { cursor: pageParam } : {} },
        signal,
      }),
    ),
  getNextPageParam: (page) => page.next_cursor,
});
