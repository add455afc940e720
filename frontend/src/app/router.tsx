import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { dubQuery, meQuery } from "../api/queries";
import { readSearch } from "../library/search";
import { NotFound, RouteFailure, RoutePending, WholeFailure, WholeNotFound } from "./RouteStates";
import { Shell } from "./Shell";

interface RouterContext {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: WholeNotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string; error?: string } => ({
    ...(isOwnPath(search["next"]) && { next: search["next"] }),
    ...(typeof search["error"] === "string" && { error: search["error"] }),
  }),
  component: lazyRouteComponent(() => import("../sign-in/SignInPage"), "SignInPage"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  component: lazyRouteComponent(() => import("../settings/JoinPage"), "JoinPage"),
});

/** For people without an account, who have a link. */
const shared = createRoute({
  getParentRoute: () => root,
  path: "/shared/$token",
  component: lazyRouteComponent(() => import("../compare/SharedPage"), "SharedPage"),
});

/** Everything that needs to know who asks. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ context, location }) => {
    const me = await context.queryClient.query({ ...meQuery, staleTime: "static" });
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way
    if (me === null) throw redirect({ to: "/sign-in", search: { next: location.href } });
    return { me };
  },
  component: Shell,
  errorComponent: WholeFailure,
});

const newDub = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("../new-dub/NewDubPage"), "NewDubPage"),
});

const library = createRoute({
  getParentRoute: () => inside,
  path: "/dubs",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("../library/LibraryPage"), "LibraryPage"),
});

const dub = createRoute({
  getParentRoute: () => inside,
  path: "/dubs/$dubId",
  loader: ({ context, params }) => begin(context.queryClient, params.dubId),
  component: lazyRouteComponent(() => import("../watch/DubPage"), "DubPage"),
});

const edit = createRoute({
  getParentRoute: () => inside,
  path: "/dubs/$dubId/edit",
  validateSearch: (search: Record<string, unknown>): { language?: string; line?: string } => ({
    ...(typeof search["language"] === "string" && { language: search["language"] }),
    ...(typeof search["line"] === "string" && { line: search["line"] }),
  }),
  loader: ({ context, params }) => begin(context.queryClient, params.dubId),
  component: lazyRouteComponent(() => import("../edit/EditPage"), "EditPage"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(() => import("../settings/SettingsPage"), "SettingsPage"),
});

const profile = createRoute({
  getParentRoute: () => settings,
  path: "/",
  component: lazyRouteComponent(() => import("../settings/ProfilePage"), "ProfilePage"),
});

const members = createRoute({
  getParentRoute: () => settings,
  path: "/members",
  component: lazyRouteComponent(() => import("../settings/MembersPage"), "MembersPage"),
});

const keys = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: lazyRouteComponent(() => import("../settings/KeysPage"), "KeysPage"),
});

const webhooks = createRoute({
  getParentRoute: () => settings,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("../settings/WebhooksPage"), "WebhooksPage"),
});

const webhook = createRoute({
  getParentRoute: () => settings,
  path: "/webhooks/$webhookId",
  component: lazyRouteComponent(() => import("../settings/WebhookPage"), "WebhookPage"),
});

const limits = createRoute({
  getParentRoute: () => settings,
  path: "/limits",
  component: lazyRouteComponent(() => import("../settings/LimitsPage"), "LimitsPage"),
});

const audit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  component: lazyRouteComponent(() => import("../settings/AuditPage"), "AuditPage"),
});

const engines = createRoute({
  getParentRoute: () => settings,
  path: "/engines",
  component: lazyRouteComponent(() => import("../settings/EnginesPage"), "EnginesPage"),
});

const glossaries = createRoute({
  getParentRoute: () => inside,
  path: "/glossaries",
  component: lazyRouteComponent(() => import("../words/GlossariesPage"), "GlossariesPage"),
});

const glossary = createRoute({
  getParentRoute: () => inside,
  path: "/glossaries/$glossaryId",
  component: lazyRouteComponent(() => import("../words/GlossaryPage"), "GlossaryPage"),
});

const memory = createRoute({
  getParentRoute: () => inside,
  path: "/memory",
  validateSearch: (search: Record<string, unknown>): { language?: string } =>
    typeof search["language"] === "string" ? { language: search["language"] } : {},
  component: lazyRouteComponent(() => import("../words/MemoryPage"), "MemoryPage"),
});

const speakers = createRoute({
  getParentRoute: () => inside,
  path: "/speakers",
  component: lazyRouteComponent(() => import("../speakers/SpeakersPage"), "SpeakersPage"),
});

const speaker = createRoute({
  getParentRoute: () => inside,
  path: "/speakers/$speakerId",
  component: lazyRouteComponent(() => import("../speakers/SpeakerPage"), "SpeakerPage"),
});

const usage = createRoute({
  getParentRoute: () => inside,
  path: "/usage",
  component: lazyRouteComponent(() => import("../usage/UsagePage"), "UsagePage"),
});

const sections = [profile, members, keys, webhooks, webhook, limits, audit, engines] as const;
const routes = [
  newDub,
  library,
  dub,
  edit,
  glossaries,
  glossary,
  memory,
  speakers,
  speaker,
  usage,
  settings.addChildren(sections),
] as const;
const tree = root.addChildren([signIn, shared, join, inside.addChildren(routes)]);

/** Fetches a dub before its route is there; the route tells what went wrong. */
async function begin(queryClient: QueryClient, dubId: string): Promise<void> {
  await queryClient.query(dubQuery(dubId)).catch(() => undefined);
}

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 200,
    defaultPendingComponent: RoutePending,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

/** Only paths of ours: an address must not lead to another site after signing in. */
function isOwnPath(next: unknown): next is string {
  return typeof next === "string" && /^\/(?![/\\])/.test(next);
}
