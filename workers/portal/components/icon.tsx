import { raw } from "hono/html";
import arrowDown from "lucide-static/icons/arrow-down.svg";
import arrowUp from "lucide-static/icons/arrow-up.svg";
import ban from "lucide-static/icons/ban.svg";
import bookOpen from "lucide-static/icons/book-open.svg";
import calendar from "lucide-static/icons/calendar.svg";
import check from "lucide-static/icons/check.svg";
import chevronLeft from "lucide-static/icons/chevron-left.svg";
import chevronRight from "lucide-static/icons/chevron-right.svg";
import chevronsUpDown from "lucide-static/icons/chevrons-up-down.svg";
import circleCheck from "lucide-static/icons/circle-check.svg";
import circleQuestionMark from "lucide-static/icons/circle-question-mark.svg";
import circleX from "lucide-static/icons/circle-x.svg";
import clipboardList from "lucide-static/icons/clipboard-list.svg";
import clock from "lucide-static/icons/clock.svg";
import copy from "lucide-static/icons/copy.svg";
import creditCard from "lucide-static/icons/credit-card.svg";
import download from "lucide-static/icons/download.svg";
import ellipsis from "lucide-static/icons/ellipsis.svg";
import externalLink from "lucide-static/icons/external-link.svg";
import flaskConical from "lucide-static/icons/flask-conical.svg";
import folderKanban from "lucide-static/icons/folder-kanban.svg";
import gift from "lucide-static/icons/gift.svg";
import gitCompareArrows from "lucide-static/icons/git-compare-arrows.svg";
import inbox from "lucide-static/icons/inbox.svg";
import info from "lucide-static/icons/info.svg";
import keyRound from "lucide-static/icons/key-round.svg";
import layoutDashboard from "lucide-static/icons/layout-dashboard.svg";
import logOut from "lucide-static/icons/log-out.svg";
import menu from "lucide-static/icons/menu.svg";
import messageSquare from "lucide-static/icons/message-square.svg";
import packageIcon from "lucide-static/icons/package.svg";
import pause from "lucide-static/icons/pause.svg";
import pencil from "lucide-static/icons/pencil.svg";
import plus from "lucide-static/icons/plus.svg";
import receiptText from "lucide-static/icons/receipt-text.svg";
import refreshCw from "lucide-static/icons/refresh-cw.svg";
import rocket from "lucide-static/icons/rocket.svg";
import scrollText from "lucide-static/icons/scroll-text.svg";
import search from "lucide-static/icons/search.svg";
import send from "lucide-static/icons/send.svg";
import settings from "lucide-static/icons/settings.svg";
import shieldCheck from "lucide-static/icons/shield-check.svg";
import slidersHorizontal from "lucide-static/icons/sliders-horizontal.svg";
import triangleAlert from "lucide-static/icons/triangle-alert.svg";
import undo2 from "lucide-static/icons/undo-2.svg";
import userCog from "lucide-static/icons/user-cog.svg";
import users from "lucide-static/icons/users.svg";
import walletCards from "lucide-static/icons/wallet-cards.svg";
import webhook from "lucide-static/icons/webhook.svg";
import x from "lucide-static/icons/x.svg";
import zap from "lucide-static/icons/zap.svg";

/** Icons by their name at Lucide. An icon that is not listed here is not in the bundle. */
const icons = {
  "arrow-down": arrowDown,
  "arrow-up": arrowUp,
  ban: ban,
  "book-open": bookOpen,
  calendar: calendar,
  check: check,
  "chevron-left": chevronLeft,
  "chevron-right": chevronRight,
  "chevrons-up-down": chevronsUpDown,
  "circle-check": circleCheck,
  "circle-question-mark": circleQuestionMark,
  "circle-x": circleX,
  "clipboard-list": clipboardList,
  clock: clock,
  copy: copy,
  "credit-card": creditCard,
  download: download,
  ellipsis: ellipsis,
  "external-link": externalLink,
  "flask-conical": flaskConical,
  "folder-kanban": folderKanban,
  gift: gift,
  "git-compare-arrows": gitCompareArrows,
  inbox: inbox,
  info: info,
  "key-round": keyRound,
  "layout-dashboard": layoutDashboard,
  "log-out": logOut,
  menu: menu,
  "message-square": messageSquare,
  package: packageIcon,
  pause: pause,
  pencil: pencil,
  plus: plus,
  "receipt-text": receiptText,
  "refresh-cw": refreshCw,
  rocket: rocket,
  "scroll-text": scrollText,
  search: search,
  send: send,
  settings: settings,
  "shield-check": shieldCheck,
  "sliders-horizontal": slidersHorizontal,
  "triangle-alert": triangleAlert,
  "undo-2": undo2,
  "user-cog": userCog,
  users: users,
  "wallet-cards": walletCards,
  webhook: webhook,
  x: x,
  zap: zap,
};

export type IconName = keyof typeof icons;

/** The file begins with a comment that names its license, which each page would repeat. */
const svgs = new Map(Object.entries(icons).map(([name, file]) => [name, file.slice(file.indexOf("<svg"))]));

/** An icon next to words. It says nothing on its own, so screen readers skip it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <span class="icon" aria-hidden="true">
      {raw(svgs.get(name) ?? "")}
    </span>
  );
}
